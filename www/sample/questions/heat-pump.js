// The facts and URLs were checked when this file was written. The replies are invented.
const trial = {
  url: "https://es.catapult.org.uk/news/mass-rollout-of-heat-pumps-feasible-but-innovation-needed/",
  title: "Mass rollout of heat pumps feasible, but innovation needed (Energy Systems Catapult)",
};
const joule = {
  url: "https://www.cell.com/joule/fulltext/S2542-4351(23)00351-3",
  title: "Coming in from the cold: Heat pump efficiency at low temperatures (Joule, 2023)",
};
const institute = {
  url: "https://iifiir.org/en/news/heat-pump-efficiency-at-low-temperatures",
  title: "Heat pump efficiency at low temperatures (International Institute of Refrigeration)",
};

export default {
  replies: {
    curious: {
      reasoning:
        "The worry behind the question is that old walls rule it out. Large field trials are " +
        "better evidence than theory. Let me see what happened where people tried it in " +
        "houses of every age.",
      tools: [
        {
          name: "openrouter:web_search",
          input: { query: "heat pump field trial old houses all property types results" },
        },
        { name: "openrouter:web_fetch", input: { url: trial.url } },
      ],
      sources: [trial],
      text: `**Yes, if it is sized for your house and not for the average one.** A heat pump does not know how old the walls are. It only has to deliver as much heat per hour as the house loses on the coldest day it is designed for.

The best evidence comes from people who simply tried. In the British [Electrification of Heat project](${trial.url}), 742 homes of all ages got one. The project found no type or age of house that ruled it out, and only 15% of the homes had their insulation or similar improved for it.

What a leaky house changes is not *whether* it works but *what it costs*:

| | tight house | leaky house |
|---|---|---|
| Heat pump | small | larger, dearer |
| Radiators | often fine as they are | several bigger ones |
| Electricity | modest | rises with the heat loss |

Ask for a room-by-room heat-loss calculation before you accept any quote. If an installer skips it, find another one.`,
    },
    careful: {
      reasoning:
        "I want numbers a homeowner can obtain: heat loss, flow temperature, price ratio. " +
        "Break-even against a boiler of 90% efficiency at a seasonal factor of 2.8 is 2.8 / " +
        "0.9, so about 3.1. Then check the claim about very cold days.",
      tools: [
        {
          name: "openrouter:web_search",
          input: { query: "air source heat pump measured COP below -10 °C field data" },
        },
      ],
      sources: [joule, institute],
      text: `Usually yes. It depends on three numbers, and you can get all of them before you sign anything.

1. **Heat loss** at your local design temperature, in kilowatts, calculated room by room.
2. **Flow temperature** that your radiators need on that day. Up to about 50 °C is comfortable territory; every degree more costs efficiency.
3. **Price ratio**: what a kilowatt-hour of electricity costs, divided by what one of gas costs. Against a boiler of 90% efficiency, a heat pump with a seasonal factor of 2.8 is cheaper to run while that ratio stays below about 3.1.

As for the cold: an [analysis of measured data in *Joule*](${joule.url}) finds that in winters down to about −10 °C air-source heat pumps need no back-up if they are well planned, and that a COP between 1.5 and 2 remains in extreme cold ([short summary](${institute.url})). So it does not stop in frost. It becomes less efficient just when you need it most.

I would do the cheap insulation first: loft, draughts, hot-water pipes. It pays for itself and lets you buy a smaller unit.`,
    },
    contrarian: {
      reasoning:
        "Everyone will say yes. It does work physically. What do people regret afterwards? " +
        "Running cost at a bad price ratio, oversizing, boiler habits. And a full retrofit " +
        "first is not always the right order.",
      tools: [],
      sources: [],
      text: `It will keep you warm. Whether you will be glad you did it is the better question.

In a badly insulated house the heat pump works hardest when it is least efficient. If electricity costs more than about three times as much as gas where you live, the bill can end up above the old boiler's. Few people say so at the sales visit.

Two things that people regret:

- **Oversizing out of fear.** A unit chosen for the worst night of the decade switches on and off all spring and wears out early.
- **Keeping boiler habits.** Everything down at night and full blast in the morning forces high flow temperatures. Steady and lukewarm wins.

A minority view: where heat escapes everywhere, a **hybrid** that keeps the boiler for the few coldest days can be the sensible step until the renovation, although you then have two machines to service.

"Insulate everything first" is not always right either. A full retrofit can cost more than the heat pump and the extra electricity together.`,
    },
  },
  analysis: {
    consensus: [
      {
        point: "A heat pump can keep an old house warm. The age of the house alone is no obstacle.",
        quotes: {
          curious: "The project found no type or age of house that ruled it out",
          careful: "Usually yes.",
          contrarian: "It will keep you warm.",
        },
      },
      {
        point: "Poor insulation shows in the running cost rather than in the room temperature.",
        quotes: {
          curious: "What a leaky house changes is not *whether* it works but *what it costs*",
          careful: "It becomes less efficient just when you need it most.",
          contrarian: "the heat pump works hardest when it is least efficient",
        },
      },
    ],
    contradictions: [
      {
        topic: "Should the house be insulated first?",
        stances: {
          curious: {
            stance: "Mostly not needed: few homes in the trial had it done.",
            quote: "only 15% of the homes had their insulation or similar improved for it",
          },
          careful: {
            stance: "The cheap measures first, then size the unit.",
            quote: "I would do the cheap insulation first: loft, draughts, hot-water pipes.",
          },
          contrarian: {
            stance: "Not as a rule: a full retrofit may never pay.",
            quote:
              "A full retrofit can cost more than the heat pump and the extra electricity " +
              "together.",
          },
        },
      },
    ],
    partial_coverage: [
      {
        point: "Insist on a room-by-room heat-loss calculation before accepting a quote.",
        quotes: {
          curious: "Ask for a room-by-room heat-loss calculation before you accept any quote.",
          careful: "calculated room by room",
        },
      },
      {
        point:
          "Whether it saves money depends on the price of electricity against gas; the " +
          "break-even is near three to one.",
        // This quote is not exact, so that the page also shows an unverified quote.
        quotes: {
          careful: "cheaper to run while that ratio stays below about 3.1",
          contrarian: "running costs may exceed those of a gas boiler",
        },
      },
    ],
    unique_insights: [
      {
        panelist: "contrarian",
        insight:
          "A hybrid can bridge the years until a renovation, at the price of servicing two " +
          "machines.",
        quote: "a **hybrid** that keeps the boiler for the few coldest days",
      },
      {
        panelist: "careful",
        insight:
          "Measured data: down to about −10 °C no back-up is needed if the system is well planned.",
        quote: "in winters down to about −10 °C air-source heat pumps need no back-up",
      },
    ],
    blind_spots: [
      "Noise, and where the outdoor unit may stand.",
      "Grants, and the conditions they attach to insulation.",
      "Damp: an old house that is made airtight needs a plan for ventilation.",
    ],
  },
  answer: {
    sources: [trial, joule],
    text: `**Yes. In most old houses a heat pump keeps you warm; the insulation decides what that costs.**

In a British trial with [742 homes of all ages](${trial.url}), no type of house ruled it out, and only 15% had their insulation or similar improved for it. Measured data also show that [down to about −10 °C](${joule.url}) a well-planned system needs no back-up.

**Before you sign, get three numbers**

1. *Heat loss*, calculated room by room. It sets the size of the unit. Too large is as much a mistake as too small.
2. *Flow temperature* your radiators need on the coldest design day. Aim for 50 °C or less; a few bigger radiators are often enough.
3. *Price ratio* of electricity to gas. Below about three to one the heat pump is cheaper to run, above it the bill can rise.

**Where advice differs: insulation.** A middle way is best supported. Do the cheap measures first (loft, draughts, pipes), size the unit after them, and decide about a full retrofit separately, since it can cost more than it saves. If you plan to renovate in a few years, a hybrid can bridge the gap.

Run it steadily at a low temperature instead of turning it up and down like a boiler. And ask about three things that are easily forgotten: noise at the neighbour's window, the conditions of local grants, and ventilation once the draughts are gone.`,
  },
};
