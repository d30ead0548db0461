// Runs the rows of cases/ on the package. Each row runs once in each of its roles, and such a
// combination is called a cell. A scripted `fetch` sends the row's bytes. Returns the differences
// from the expected values.
//
// The fields of a row are
//
// - name: describes the reply.
// - from: the public reports or documents that describe the reply.
// - dialect: the default is "chat".
// - roles: the default is panelist, analyst and writer.
// - reply: `(say, call)` returns the reply to a call, see wire.mjs. `say` has the parts of the
//   text. `call` has `url`, `headers`, `body` and `nth` (1, 2, ...).
// - later: the reply to later calls. This is a function like `reply`, or "answer" for a plain
//   answer. If `later` is absent, `reply` answers these calls, too.
// - request, model, provider: fields of the request, of the model under test, and of the model's
//   provider. Each may be a function that returns the fields.
// - at: the provider's name.
// - baseURL: the provider's base URL. With `null`, a built-in provider keeps its own base URL.
// - tools: names of function tools.
// - next: calls the writer again with `result.message`. `next.model` may name another model.
// - expect: what the caller must see, see `faultsOf()`.
import { canonical } from "../scenarios/assert.mjs";
import { answer, frame } from "./wire.mjs";

export const ROLES = ["panelist", "analyst", "writer"];

const BASE_URL = "https://p.example/v1";
const POINT = "No answer names the night sky.";
const ANALYSIS = JSON.stringify({
  consensus: [],
  contradictions: [],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [{ point: POINT }],
});
const third = Math.ceil(ANALYSIS.length / 3);

/** The text of a model under test, in three parts. */
const SAY = {
  panelist: ["The sky is", " blue,", " by day."],
  writer: ["The sky is", " blue,", " by day."],
  analyst: [0, 1, 2].map((part) => ANALYSIS.slice(part * third, (part + 1) * third)),
};

/** Runs a row in a role. Returns the differences from the expected values. */
export async function runRow(row, role, { fuse }) {
  const say = SAY[role];
  const calls = [];
  const ran = [];
  const { at = "p", dialect = "chat" } = row;
  const fetch = (url, { body, headers, signal }) => {
    const call = { url, headers, body: JSON.parse(body), nth: calls.length + 1 };
    calls.push(call);
    if (call.nth > 20) return new Response("too many calls", { status: 400 });
    const isFirst = call.nth === 1 || row.later === undefined;
    if (isFirst) return respond(row.reply(say, call), signal);
    return respond(row.later === "answer" ? answer[dialect](say) : row.later(say, call), signal);
  };
  const own = row.baseURL === null ? {} : { baseURL: row.baseURL ?? BASE_URL, dialect };
  const provider = typeof row.provider === "function" ? row.provider() : row.provider;
  const options = {
    providers: {
      [at]: { apiKey: "key-12345678", ...own, ...provider, fetch },
      g: { baseURL: BASE_URL, fetch: healthy },
    },
    toolHandlers: Object.fromEntries(
      (row.handled ?? (role === "writer" ? [] : toolNames(row))).map((name) => [
        name,
        (args) => {
          ran.push([name, args]);
          return "done";
        },
      ]),
    ),
  };
  const run = fuse(requestOf(row, role, `${at}:m`), options);
  const seen = { calls, ran, events: [], say, role };
  try {
    for await (const event of run) seen.events.push(event);
    seen.result = await run.result();
    if (row.next) await continueTurn(row, seen, fuse, options, `${at}:m`);
  } catch (error) {
    seen.error = error;
  }
  return faultsOf(row, observed(seen));
}

const toolNames = (row) => row.tools ?? [];
const tool = (name) => ({
  type: "function",
  function: { name, description: "A tool.", parameters: { type: "object", properties: {} } },
});

/** Answers calls to the models that are not under test. */
function healthy(_url, { body }) {
  const { model } = JSON.parse(body);
  return respond(answer.chat(model === "analyst" ? SAY.analyst : ["Blue, ", "I think."]));
}

function requestOf(row, role, name) {
  const tools = toolNames(row).map(tool);
  const model = { model: name, ...row.model };
  const base = { prompt: "Which colour is the sky?", seed: 7, max_retries: 0, tools: [] };
  const roles = {
    panelist: { analysis_models: [model, "g:one"], analyst: "g:analyst", writer: "g:writer" },
    analyst: { analysis_models: ["g:one", "g:two"], analyst: model, writer: "g:writer" },
    writer: { convene: false, writer: { ...model, ...(tools.length > 0 && { tools }) } },
  };
  if (role !== "writer") base.tools = tools;
  const { messages } = row.request ?? {};
  if (messages) delete base.prompt;
  return { ...base, ...roles[role], ...row.request };
}

/** Asks the writer again with `result.message` and the results of its tools. */
async function continueTurn(row, seen, fuse, options, name) {
  const { message, tool_calls } = seen.result;
  const results = tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "done" }));
  const question = { role: "user", content: "Which colour is the sky?" };
  const again = requestOf(row, "writer", row.next.model ?? name);
  delete again.prompt;
  const rest = results.length > 0 ? results : [{ role: "user", content: "Why?" }];
  again.messages = [question, message, ...rest];
  seen.result = await fuse(again, options).result();
}

/* ---------------------------------------------------------------------- reply */

function respond(reply, signal) {
  const { status = 200, type, headers, body } = Array.isArray(reply) ? { body: reply } : reply;
  const isText = typeof body === "string";
  const isList = Array.isArray(body);
  const fallback = isList ? "text/event-stream" : "application/json";
  const all = new Headers(headers);
  if (type !== null) all.set("content-type", type ?? fallback);
  const items = isList ? body.map(frame) : [isText ? body : JSON.stringify(body)];
  return new Response(streamOf(items, signal), { status, headers: all });
}

/** Streams texts as bytes, with pauses. */
function streamOf(items, signal) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true });
      try {
        for (const item of items) {
          if (typeof item === "number") await new Promise((wake) => setTimeout(wake, item));
          else if (item.block) await blockProcess(item.block);
          else controller.enqueue(encoder.encode(item));
        }
        controller.close();
      } catch {
        // The run has aborted the connection during a pause.
      }
    },
  });
}

/**
 * Blocks the process. After the block, Node first runs the timers that are due, and then delivers
 * the next bytes. A real socket has the same order.
 */
function blockProcess(ms) {
  const stop = (wake) => {
    setImmediate(wake);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };
  return new Promise((wake) => setTimeout(() => setImmediate(stop, wake), 20));
}

/* ------------------------------------------------------------------- observed */

const STAGES = { panelist: "panelist", analyst: "analysis", writer: "answer" };
const ACTIVITY = { panelist: "panel", analyst: "analysis", writer: "answer" };

/** Returns everything that the caller of the run can see of the model under test. */
function observed({ calls, ran, events, say, role, result, error }) {
  const stage = STAGES[role];
  const isOwn = ({ type, index }) => type.startsWith(`${stage}.`) && (index ?? 0) === 0;
  const own = events.filter(isOwn);
  const joined = (type) =>
    own.flatMap((event) => (event.type === `${stage}.${type}` ? [event.delta] : [])).join("");
  const panelist = result?.responses.find(({ index }) => index === 0);
  const failed = own.findLast(({ type }) => type === `${stage}.failed`)?.error ?? error;
  const { activity = [] } = result ?? error?.snapshot ?? {};
  const sources = role === "panelist" ? panelist?.sources : result?.sources;
  const contents = { panelist: panelist?.content, writer: result?.answer };
  if (role === "analyst") contents.analyst = textOfAnalysis(result?.analysis);
  return {
    say,
    role,
    calls,
    ran: role === "writer" ? calledBy(result) : ran.map(([name, args]) => [name, args]),
    error: failed,
    snapshot: JSON.stringify(error?.snapshot ?? result ?? {}),
    content: contents[role],
    reasoning: joined("reasoning"),
    sources,
    finish: own.findLast(({ type }) => type === `${stage}.completed`)?.finish_reason,
    usage: activity.filter((call) => call.stage === ACTIVITY[role])[0],
    warnings: events.filter(({ type }) => type === "warning").map(({ code }) => code),
    message: result?.message,
  };
}

/**
 * If the analysis has the content of the analyst's scripted text, returns this text. Otherwise
 * returns the analysis as JSON.
 */
const textOfAnalysis = (analysis) =>
  analysis?.blind_spots.length === 1 && analysis.blind_spots[0].point === POINT
    ? ANALYSIS
    : JSON.stringify(analysis ?? null);

const calledBy = (result) =>
  (result?.tool_calls ?? []).map(({ name, arguments: args }) => [name, parsed(args)]);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/* --------------------------------------------------------------------- faults */

/**
 * Compares what the caller sees with `expect`. The fields of `expect` are
 *
 * - content, reasoning, finish, sources, usage, message: the expected values. White space around
 *   the reasoning does not count.
 * - warnings: the expected warnings. By default, there must be no warning.
 * - ran: the tool calls that the run makes, as `[name, arguments]`. For a writer, these are the
 *   calls in the result.
 * - count: the number of requests.
 * - sent: a function of the calls.
 * - holds: the value that `sent(calls)` must return. The default is `true`.
 * - error: `{ code, not, says, lacks, wait }`. The message must contain `says` and must not contain
 *   `lacks`. `wait` is the range of `retry_after_ms`. If `wait` is `null`, the error must have no
 *   delay.
 * - reported: there must be an error or a warning.
 * - snapshot: a text that the snapshot or the result must contain.
 */
function faultsOf({ expect = {} }, seen) {
  const faults = [];
  const same = (what, actual, expected) => {
    if (canonical(actual) === canonical(expected)) return;
    faults.push(`${what}: ${show(actual)}, expected ${show(expected)}`);
  };
  const value = (of) => (typeof of === "function" ? of(seen.say, seen.role) : of);
  if (expect.error) faults.push(...errorFaults(expect.error, seen.error));
  else if (!expect.reported && seen.error) faults.push(`error: ${describe(seen.error)}`);
  if (expect.reported && !seen.error && seen.warnings.length === 0) faults.push("not reported");
  const expectsContent = !expect.error && !expect.reported && !expect.noContent;
  if (expectsContent && !(expect.ran && seen.role === "writer"))
    same("content", seen.content, value(expect.content) ?? seen.say.join(""));
  if (!expect.error && !expect.reported && !expect.anyWarning)
    same("warnings", seen.warnings, expect.warnings ?? []);
  for (const what of ["sources", "ran"])
    if (expect[what] !== undefined) same(what, seen[what], value(expect[what]));
  if (expect.reasoning !== undefined) same("reasoning", seen.reasoning.trim(), expect.reasoning);
  if (expect.finish !== undefined && seen.role !== "analyst")
    same("finish", seen.finish, expect.finish);
  for (const [name, count] of Object.entries(expect.usage ?? {}))
    same(`usage ${name}`, seen.usage?.[name], count);
  if (expect.count !== undefined) same("requests", seen.calls.length, expect.count);
  if (expect.sent)
    same(
      "sent",
      attempt(() => expect.sent(seen.calls)),
      expect.holds ?? true,
    );
  if (expect.message)
    same(
      "message",
      attempt(() => expect.message(seen.message)),
      true,
    );
  // If a panelist fails, the result of the run does not contain its text.
  const isKept = seen.role === "writer" || !seen.error;
  if (expect.snapshot && isKept && !seen.snapshot.includes(expect.snapshot))
    faults.push(`the snapshot lacks ${show(expect.snapshot)}`);
  return faults;
}

function errorFaults({ code, not, says = [], lacks = [], wait }, error) {
  if (!error) return ["no error"];
  const faults = [];
  const message = String(error.message);
  if (code && error.code !== code) faults.push(`code ${error.code}, expected ${code}`);
  if (not && error.code === not) faults.push(`code ${error.code}`);
  for (const part of [says].flat())
    if (!message.includes(part)) faults.push(`the message lacks ${show(part)}`);
  for (const part of [lacks].flat())
    if (message.includes(part)) faults.push(`the message has ${show(part)}`);
  const ms = error.retry_after_ms;
  const isExpected = wait === null ? ms === undefined : ms >= wait?.[0] && ms <= wait?.[1];
  if (wait !== undefined && !isExpected) faults.push(`wait ${ms}, expected ${wait}`);
  if (faults.length > 0) faults.push(`error: ${describe(error)}`);
  return faults;
}

function attempt(read) {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

const show = (value) => {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
};
const describe = ({ code, message }) => `${code}: ${String(message).slice(0, 200)}`;
