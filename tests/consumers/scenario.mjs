// The scenario of every consumer. `faults()` takes the loaded package and the loopback provider's
// base URL. The function returns the faults as text, or an empty text. This file uses only web
// standards.

const panel = ["panel/alpha-7b", "panel/beta-70b"];
const request = {
  prompt: "Is the sky blue?",
  analysis_models: panel,
  analyst: "desk/analyst",
  writer: "desk/writer",
  seed: 7,
  max_retries: 0,
};

export async function faults(api, baseURL) {
  try {
    await overHttp(api, baseURL);
    await cancelled(api);
    await failing(api);
    await served(api);
    return "";
  } catch (error) {
    return error?.stack ?? String(error);
  }
}

/** Completes a run with the runtime's own `fetch`. */
async function overHttp({ fuse }, baseURL) {
  const run = fuse(request, { baseURL, apiKey: "sk-consumer" });
  const events = [];
  for await (const event of run) events.push(event);
  const { answer, analysis, responses } = await run.result();
  const said = events
    .filter(({ type }) => type === "answer.delta")
    .map(({ delta }) => delta)
    .join("");
  equal(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
    "seq",
  );
  equal(
    [events[0].type, events.at(-1).type],
    ["run.started", "run.completed"],
    "first and last event",
  );
  equal([answer, said], ["Yes, it is blue.", "Yes, it is blue."], "answer");
  equal(
    responses.map(({ model }) => model),
    panel,
    "responses",
  );
  equal(
    analysis.consensus.map(({ point, panelists }) => [point, panelists]),
    [["All agree.", [0, 1]]],
    "analysis",
  );
  equal(
    analysis.unique_insights[0].quotes.map(({ verified }) => verified),
    [true],
    "quotes",
  );
}

/** Checks that `break` cancels open calls. */
async function cancelled({ fuse, scriptedFetch }) {
  const fetch = scriptedFetch({ "*": { text: "Something", stall: true } });
  for await (const event of fuse(request, { apiKey: "sk-consumer", fetch }))
    if (event.type === "panelist.delta") break;
  equal(
    fetch.calls.map(({ end }) => end),
    ["aborted", "aborted"],
    "calls after break",
  );
}

/** Checks a response to a page's request and to the reconnect of an `EventSource`. */
async function served({ fuse, scriptedFetch }) {
  const options = { apiKey: "sk-consumer", fetch: scriptedFetch({ "*": "Blue." }) };
  const run = (headers) => {
    const asked = new Request("https://app.example/ask", { headers });
    return fuse(request, options).toResponse({ request: asked });
  };
  const text = await run({}).text();
  equal(/"run\.completed".*"answer":"Blue\."/.test(text), true, `a Response: ${text}`);
  const { length } = options.fetch.calls;
  const refused = run({ "last-event-id": "1" });
  equal([refused.status, options.fetch.calls.length], [204, length], "a reconnect");
}

async function failing({ fuse, isFusionError, scriptedFetch }) {
  const fetch = scriptedFetch({ "*": { status: 401 } });
  const error = await fuse(request, { apiKey: "sk-consumer", fetch })
    .result()
    .then(
      () => undefined,
      (reason) => reason,
    );
  equal(
    [isFusionError(error), error?.code, error?.snapshot?.failed_models.length],
    [true, "authentication", 2],
    "error",
  );
}

function equal(actual, expected, what) {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}
