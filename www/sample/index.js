// The sample panel: recordings that answer through `options.fetch`, so that everything after the wire is the real thing. They are loaded with the
// first call: a page that asks others has no use for them.
export const examples = [
  { name: "heat-pump", question: "Will a heat pump keep an old, badly insulated house warm in winter?", hint: "A decision at home" },
  { name: "primary-key", question: "Should a new Postgres table use UUIDv7 or bigint for its primary key?", hint: "A decision at work" },
  { name: "fasting", question: "Is intermittent fasting safe for someone with type 2 diabetes?", hint: "With one panelist that declines" },
];

/** The part of a request and of its options that makes a run use the recordings. */
export function samplePanel(question) {
  const name = examples.find((example) => same(example.question, question))?.name;
  let played;
  return {
    request: { analysis_models: ["sample/curious", "sample/careful", "sample/contrarian"], analyst: "sample/analyst", writer: "sample/writer" },
    // The name can never resolve: if a call should ever miss the recordings, it reaches nobody.
    options: { baseURL: "https://sample.invalid/v1", fetch: async (...call) => (await (played ??= play(name)))(...call) },
  };
}

const play = async (name) => (await import("./recordings.js")).recorded(name);

const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
