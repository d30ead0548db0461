// Replies for a question without a recording. They say that there is no recording, and explain what
// a run with a provider does.
const moa = {
  url: "https://arxiv.org/abs/2406.04692",
  title: "Mixture-of-Agents Enhances Large Language Model Capabilities",
};
const bias = {
  url: "https://arxiv.org/abs/2306.05685",
  title: "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena",
};
const similar = {
  url: "https://arxiv.org/abs/2506.07962",
  title: "Correlated Errors in Large Language Models",
};

export default {
  replies: {
    curious: {
      reasoning:
        "There is no model here, so there is nothing to think about. A real panelist's " +
        "reasoning would appear in this fold.",
      tools: [],
      sources: [moa],
      text: `**This reply was written in advance. No model has read your question.** The sample panel only has real content for the example questions.

With a real provider, every panelist gets your question at the same moment and never sees the others. You watch them think, search and write, each in a column of its own.

Why several? In a [study of mixed panels](${moa.url}) most of the gain was already there with two different models. Two or three good ones are a sensible start.

To ask your question for real, press **Sample panel** beside it and choose **OpenRouter** or **Other provider**.`,
    },
    careful: {
      reasoning: "Say plainly that this is canned, then explain the analysis.",
      tools: [],
      sources: [bias],
      text: `**This is a prepared text, not an answer to your question.**

What happens after the panel is the point. An analyst compares the replies. It does not merge them, and it does not know who wrote what: names are hidden and the order is shuffled, because judges are swayed by order. In [one study](${bias.url}) GPT-4 kept its verdict on only 65% of pairs when they were swapped.

Every quote it gives is checked against the reply it came from. If the words are not there, the quote is marked.

Then a writer gives the final answer, with the analysis and all replies at hand.`,
    },
    contrarian: {
      reasoning: "Canned as well. Be honest about when a panel is a waste of money.",
      tools: [],
      sources: [similar],
      text: `Canned text here too. Let me use it to say when **not** to ask a panel.

- For a short question with one checkable answer, one good model is cheaper and faster.
- Without web search a panel rarely beats its best member. Search is the main thing, not an extra.
- Agreement is not truth. When two models are both wrong, they [agree on the same mistake](${similar.url}) more often than you would like.

A panel costs several times as much as one model. Use it where a second opinion is worth that: research, decisions, reviews.`,
    },
  },
  analysis: {
    consensus: [
      {
        point: "None of this is an answer to your question; the text was written in advance.",
        quotes: {
          curious: "No model has read your question.",
          careful: "This is a prepared text, not an answer to your question.",
          contrarian: "Canned text here too.",
        },
      },
    ],
    contradictions: [
      {
        topic: "Is it worth asking several models?",
        stances: {
          curious: {
            stance: "Yes, two or three are a sensible start.",
            quote: "Two or three good ones are a sensible start.",
          },
          contrarian: {
            stance: "Only where a second opinion is worth the price.",
            quote: "A panel costs several times as much as one model.",
          },
        },
      },
    ],
    partial_coverage: [],
    unique_insights: [
      {
        panelist: "careful",
        insight: "The analyst works blind: hidden names, shuffled order, checked quotes.",
        quote: "names are hidden and the order is shuffled",
      },
      {
        panelist: "contrarian",
        insight: "Agreement is not truth.",
        quote: "Agreement is not truth.",
      },
    ],
    blind_spots: ["Your question."],
  },
  answer: {
    sources: [moa, bias],
    text: `**Your question was not answered: the sample panel is a recording.** It shows how a run looks and never leaves this page.

For a real answer, press **Sample panel** beside the question and choose where the models come from:

- **OpenRouter**: paste a key and pick a preset. The key stays in this tab unless you save it.
- **Other provider**: anything that speaks the OpenAI chat format, such as Ollama, LM Studio or llama.cpp on this machine.

Or take one of the example questions to see what a full deliberation looks like.`,
  },
};
