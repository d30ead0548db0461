const niddk = {
  url: "https://www.niddk.nih.gov/health-information/professionals/diabetes-discoveries-practice/patients-intermittent-fasting",
  title: "What can you tell your patients about intermittent fasting and type 2 diabetes? (NIDDK)",
};
const interfast = {
  url: "https://doi.org/10.2337/dc22-1622",
  title:
    "INTERFAST-2: intermittent fasting in insulin-treated type 2 diabetes (Diabetes Care, 2023)",
};
const review = {
  url: "https://doi.org/10.3390/nu14112299",
  title: "Is time-restricted eating safe in the treatment of type 2 diabetes? (Nutrients, 2022)",
};
const jama = {
  url: "https://doi.org/10.1001/jama.2023.21874",
  title: "Type 2 diabetics lose weight with time-restricted eating (JAMA, 2023)",
};

export default {
  replies: {
    curious: {
      reasoning:
        "There are randomised trials now. The mild form, an eating window of eight hours, " +
        "and the hard form, whole fasting days, even with insulin. Say what was measured and " +
        "in how many people.",
      tools: [
        {
          name: "openrouter:web_search",
          input: { query: "intermittent fasting type 2 diabetes randomized trial safety" },
        },
        { name: "openrouter:web_fetch", input: { url: interfast.url } },
      ],
      sources: [jama, interfast, niddk],
      text: `**For many people, yes, with the care team involved.** The trials are small but encouraging:

- In a six-month trial with 75 adults, [eating only between noon and 8 pm](${jama.url}) led to more weight loss than counting calories, with similar blood sugar. No serious adverse events were reported.
- [INTERFAST-2](${interfast.url}) went further: 46 people who inject insulin, fasting on three separate days a week for twelve weeks. HbA1c fell by about 7 mmol/mol, the insulin dose went down, and no severe low blood sugar occurred.

Mind how that was achieved: insulin was lowered for fasting days, and everybody had advice on diet and a glucose sensor. Even on insulin it can be done, but not by improvising.

The gentlest start is an overnight pause of twelve hours. [NIDDK's advice for professionals](${niddk.url}) describes the common patterns.`,
    },
    careful: {
      reasoning:
        "Safety depends on the medicines, not on the diabetes as such. Insulin and " +
        "sulfonylureas: low blood sugar. SGLT2 inhibitors: dehydration and ketoacidosis. " +
        "Metformin alone: low risk. List who should not do it.",
      tools: [
        {
          name: "openrouter:web_search",
          input: {
            query:
              "time-restricted eating safety antidiabetic drugs sulfonylurea SGLT2 hypoglycaemia",
          },
        },
      ],
      sources: [review, niddk],
      text: `It depends on your medicines more than on the diabetes. A [review of the safety of time-restricted eating](${review.url}) goes through them one by one; in short:

| You take | Main risk while fasting |
|---|---|
| nothing, or metformin | low |
| insulin or a sulfonylurea (gliclazide, glimepiride, ...) | **low blood sugar** |
| an SGLT2 inhibitor (names ending in -gliflozin) | dehydration, ketoacidosis |

If you use insulin or a sulfonylurea, do not start on your own. The dose usually has to change first.

Better not at all, or only under close supervision: in pregnancy, with a past eating disorder, with advanced kidney disease, when frail, or if you do not notice low blood sugar.

If you do it: measure more often in the first weeks, drink enough, and **end the fast below 4 mmol/l (70 mg/dl)**, whatever the clock says. Fasting is one way to eat less; it has no clear advantage in long-term blood sugar over other ways.`,
    },
    contrarian: {
      fails: {
        status: 403,
        error: {
          code: 403,
          message: "This provider does not answer medical questions.",
          metadata: {
            reasons: ["medical"],
            flagged_input: "Is intermittent fasting safe",
            provider_name: "Sample",
            model_slug: "sample/contrarian",
          },
        },
      },
    },
  },
  analysis: {
    consensus: [
      {
        point:
          "It can be safe, but medicines may have to be adjusted first, together with the " +
          "care team.",
        quotes: {
          curious: "insulin was lowered for fasting days",
          careful: "The dose usually has to change first.",
        },
      },
      {
        point:
          "The measured benefit lies in weight; long-term blood sugar is about the same as " +
          "with other ways of eating less.",
        quotes: {
          curious: "more weight loss than counting calories, with similar blood sugar",
          careful: "it has no clear advantage in long-term blood sugar over other ways",
        },
      },
    ],
    contradictions: [
      {
        topic: "Is it an option for people who inject insulin?",
        stances: {
          curious: {
            stance: "Yes, with preparation: a trial did it without severe low blood sugar.",
            quote: "Even on insulin it can be done, but not by improvising.",
          },
          careful: {
            stance: "Not without a doctor: the risk of low blood sugar comes first.",
            quote: "If you use insulin or a sulfonylurea, do not start on your own.",
          },
        },
      },
    ],
    partial_coverage: [],
    unique_insights: [
      {
        panelist: "careful",
        insight: "SGLT2 inhibitors bring another risk: dehydration and ketoacidosis.",
        quote: "an SGLT2 inhibitor (names ending in -gliflozin)",
      },
      {
        panelist: "careful",
        insight: "A clear rule for stopping: end the fast below 4 mmol/l (70 mg/dl).",
        quote: "**end the fast below 4 mmol/l (70 mg/dl)**",
      },
      {
        panelist: "curious",
        insight: "The gentlest way to begin is an overnight pause of twelve hours.",
        quote: "The gentlest start is an overnight pause of twelve hours.",
      },
    ],
    blind_spots: [
      "What happens after the first months: the trials are short.",
      "Driving and shift work during a fast.",
      "Religious fasting, which follows other rules than a diet.",
    ],
  },
  answer: {
    sources: [interfast, jama, review, niddk],
    text: `**Often yes, but your medicines decide, so speak with your care team before you start.** This is general information, not advice for your case.

**Low risk:** no medicine, or metformin alone. **Prepare with a doctor:** insulin and sulfonylureas, which can cause low blood sugar, and SGLT2 inhibitors, which can cause dehydration and ketoacidosis ([review by medicine](${review.url})). **Better not:** in pregnancy, after an eating disorder, with advanced kidney disease, when frail, or without warning signs of low blood sugar.

**What trials show.** An [eating window of eight hours](${jama.url}) for six months gave more weight loss than counting calories, with about the same blood sugar. Even [people on insulin](${interfast.url}) fasted three days a week without severe low blood sugar. But their doses were lowered beforehand, they had advice and a glucose sensor, and there were only 46 of them. That settles the apparent disagreement about insulin: possible, but not alone.

**If you try it**

1. Begin with twelve hours overnight and lengthen slowly.
2. Agree on doses for fasting days in advance.
3. Measure more often at first, and drink enough.
4. End the fast at once below 4 mmol/l (70 mg/dl).

Nobody knows yet how it works out over years, and driving or shift work while fasting needs a plan of its own.`,
  },
};
