// The sample panel: `options.fetch` streams replies that were written for this demo, so the core
// and the page work as with a real provider. The replies are loaded at the first call.
export const examples = [
  {
    name: "heat-pump",
    question: "Will a heat pump keep an old, badly insulated house warm in winter?",
    hint: "A decision at home",
  },
  {
    name: "primary-key",
    question: "Should a new Postgres table use UUIDv7 or bigint for its primary key?",
    hint: "A decision at work",
  },
  {
    name: "fasting",
    question: "Is intermittent fasting safe for someone with type 2 diabetes?",
    hint: "With one panelist that declines",
  },
];

const nameOf = (question) => examples.find((example) => isSame(example.question, question))?.name;
export const isInSample = (question) => nameOf(question) !== undefined;

/** Returns the fields of the request and the options with which a run uses the sample. */
export function samplePanel(question) {
  const name = nameOf(question);
  let reply;
  return {
    request: {
      analysis_models: ["sample/curious", "sample/careful", "sample/contrarian"],
      analyst: "sample/analyst",
      writer: "sample/writer",
    },
    options: {
      // The reserved domain .invalid never resolves, so no call can reach a server.
      baseURL: "https://sample.invalid/v1",
      async fetch(...call) {
        reply ??= load(name);
        return (await reply)(...call);
      },
    },
  };
}

async function load(name) {
  const { sampleFetch } = await import("./replies.js");
  return sampleFetch(name);
}

const isSame = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
