// A scripted provider as a `fetch`. In: what each model says. Out: answers in the dialect that is asked in, and a record of every call.

import { analysisReply } from "./analysis.js";
import * as chat from "./chat.js";
import { play } from "./delivery.js";
import * as messages from "./messages.js";
import * as responses from "./responses.js";
import { answerOf, checked, words } from "./script.js";

const dialects = { chat, responses, messages };
const paths = [
  [/\/chat\/completions$/, "chat"],
  [/\/responses$/, "responses"],
  [/\/messages$/, "messages"],
];

export function scriptedFetch(scripts) {
  for (const [model, script] of Object.entries(scripts)) checked(script, model);
  const calls = [];
  /** What each model has said: the analyst is shown that, and not who said it. */
  const said = new Map();
  const remember = (model, text) => said.set(model, (said.get(model) ?? new Set()).add(text));
  for (const [model, script] of Object.entries(scripts)) for (const one of [script].flat()) remember(model, textOf(one));

  async function fetch(input, init = {}) {
    const url = new URL(typeof input === "string" ? input : (input.url ?? String(input)));
    const text = init.body ?? (typeof input === "object" && input.body ? await input.clone().text() : undefined);
    const signal = init.signal ?? input.signal;
    signal?.throwIfAborted();
    const dialect = paths.find(([path]) => path.test(url.pathname))?.[1];
    if (!dialect) return /\/models$/.test(url.pathname) ? models(scripts) : json(404, `scriptedFetch answers no ${url.pathname}`);

    const body = JSON.parse(text);
    const { model } = body;
    const call = {
      model,
      dialect,
      nth: calls.filter((earlier) => earlier.model === model).length + 1,
      url: url.href,
      headers: Object.fromEntries(new Headers(init.headers ?? input.headers)),
      body,
      end: "open",
    };
    calls.push(call);
    const end = (how) => {
      if (call.end === "open") call.end = how;
    };
    signal?.addEventListener("abort", () => end("aborted"), { once: true });
    try {
      if (body.stream !== true) return json(400, "scriptedFetch answers with streams only: set `stream` to true", end);
      const script = Object.hasOwn(scripts, model) ? scripts[model] : scripts["*"];
      if (script === undefined) return json(404, `scriptedFetch has no script for ${model}; it has ${Object.keys(scripts).join(", ")}`, end);
      const turn = Array.isArray(script) ? script[Math.min(call.nth, script.length) - 1] : script;
      const written = typeof turn === "function" ? await turn(call) : turn;
      if (written instanceof Response) return end("completed"), written;
      const answer = answerOf(checked(written, model), call);
      if (answer.analysis) answer.text = words(analysisReply(answer.analysis, said, body));
      remember(model, answer.text.join(""));
      return await begun(answer, call, signal, end);
    } catch (reason) {
      end("cut");
      throw reason;
    }
  }
  return Object.assign(fetch, { calls });
}

async function begun(answer, { dialect }, signal, end) {
  if (answer.start_ms > 0) await sleep(answer.start_ms, signal);
  if (answer.status >= 400) {
    end("completed");
    return new Response(JSON.stringify(dialects[dialect].refusal(answer.error)), { status: answer.status, headers: { "content-type": "application/json", ...answer.headers } });
  }
  if (answer.cut && answer.isSilent) throw new TypeError("fetch failed: scriptedFetch was told to cut the connection");
  const body = play(dialects[dialect].frames(answer), answer, signal, end);
  return new Response(body, { status: answer.status, headers: { "content-type": "text/event-stream", ...answer.headers } });
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(wake, ms);
    function wake() {
      signal?.removeEventListener("abort", leave);
      resolve();
    }
    function leave() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    signal?.addEventListener("abort", leave, { once: true });
  });
}

const textOf = (script) => (typeof script === "string" ? script : [script.text ?? []].flat().join(""));

const models = (scripts) => Response.json({ data: Object.keys(scripts).map((id) => ({ id, object: "model" })) });

function json(status, message, end) {
  end?.("completed");
  return Response.json({ error: { code: status, message } }, { status });
}
