// scriptedFetch(): a `fetch` that answers from a script, in the dialect of the request, and records
// every call.

import { analysisReply } from "./analysis.js";
import * as chat from "./chat.js";
import * as messages from "./messages.js";
import * as responses from "./responses.js";
import { checkScript, resolveAnswer, splitWords } from "./script.js";
import { streamBody } from "./stream.js";

/**
 * @typedef {import("./index.js").ScriptedCall} ScriptedCall
 * @typedef {(how: "completed" | "cut" | "aborted") => void} OnEnd
 */

const DIALECTS = { chat, responses, messages };
/** @type {[RegExp, keyof typeof DIALECTS][]} */
const PATHS = [
  [/\/chat\/completions$/, "chat"],
  [/\/responses$/, "responses"],
  [/\/messages$/, "messages"],
];

/** @param {Record<string, any>} scripts */
export function scriptedFetch(scripts) {
  for (const [model, script] of Object.entries(scripts)) checkScript(script, model);
  /** @type {ScriptedCall[]} */
  const calls = [];
  const texts = new ModelTexts(scripts);

  /** @param {any} input @param {any} init */
  async function fetch(input, init = {}) {
    const request = await readRequest(input, init);
    request.signal?.throwIfAborted();
    const dialect = PATHS.find(([path]) => path.test(request.url.pathname))?.[1];
    if (!dialect) {
      const { pathname } = request.url;
      if (/\/models$/.test(pathname)) return listModels(scripts);
      return jsonError(404, `scriptedFetch answers no ${pathname}`);
    }
    const call = toCall(request, dialect, calls);
    calls.push(call);
    /** @type {OnEnd} */
    const onEnd = (how) => {
      if (call.end === "open") call.end = how;
    };
    request.signal?.addEventListener("abort", () => onEnd("aborted"), { once: true });
    try {
      return await respond(scripts, texts, call, request.signal, onEnd);
    } catch (reason) {
      onEnd("cut");
      throw reason;
    }
  }
  return Object.assign(fetch, { calls });
}

/** @param {any} input @param {any} init */
async function readRequest(input, init) {
  const isRequest = typeof input === "object" && input.body;
  return {
    url: new URL(typeof input === "string" ? input : (input.url ?? String(input))),
    text: init.body ?? (isRequest ? await input.clone().text() : undefined),
    signal: /** @type {AbortSignal | undefined} */ (init.signal ?? input.signal),
    headers: new Headers(init.headers ?? input.headers),
  };
}

/**
 * @param {Awaited<ReturnType<typeof readRequest>>} request
 * @param {keyof typeof DIALECTS} dialect
 * @param {ScriptedCall[]} calls
 * @returns {ScriptedCall}
 */
function toCall({ url, text, headers }, dialect, calls) {
  const body = JSON.parse(text);
  const { model } = body;
  const nth = calls.filter((earlier) => earlier.model === model).length + 1;
  /** @type {Record<string, string>} */
  const fields = Object.fromEntries(headers);
  return { model, dialect, nth, url: url.href, headers: fields, body, end: "open" };
}

/**
 * Returns the response of a call.
 * @param {Record<string, any>} scripts
 * @param {ModelTexts} texts
 * @param {ScriptedCall} call
 * @param {AbortSignal | undefined} signal
 * @param {OnEnd} onEnd
 */
async function respond(scripts, texts, call, signal, onEnd) {
  const { model, body, nth } = call;
  if (body.stream !== true) {
    onEnd("completed");
    return jsonError(400, "scriptedFetch answers with streams only: set `stream` to true");
  }
  const script = Object.hasOwn(scripts, model) ? scripts[model] : scripts["*"];
  if (script === undefined) {
    onEnd("completed");
    const known = Object.keys(scripts).join(", ");
    return jsonError(404, `scriptedFetch has no script for ${model}; it has ${known}`);
  }
  const turn = Array.isArray(script) ? script[Math.min(nth, script.length) - 1] : script;
  const given = typeof turn === "function" ? await turn(call) : turn;
  if (given instanceof Response) {
    onEnd("completed");
    return given;
  }
  const answer = resolveAnswer(checkScript(given, model), call);
  if (answer.analysis) answer.text = splitWords(texts.analysisReply(answer.analysis, body));
  texts.add(model, answer.text.join(""));
  return await startAnswer(answer, call, signal, onEnd);
}

/**
 * @param {import("./script.js").Answer} answer
 * @param {ScriptedCall} call
 * @param {AbortSignal | undefined} signal
 * @param {OnEnd} onEnd
 */
async function startAnswer(answer, { dialect }, signal, onEnd) {
  const { frames, errorBody } = DIALECTS[dialect];
  const { status, start_ms, headers } = answer;
  if (start_ms > 0) await sleep(start_ms, signal);
  if (status >= 400) {
    onEnd("completed");
    return new Response(JSON.stringify(errorBody(answer.error)), {
      status,
      headers: { "content-type": "application/json", ...headers },
    });
  }
  if (answer.cut && answer.isEmpty) {
    throw new TypeError("fetch failed: scriptedFetch was told to cut the connection");
  }
  return new Response(streamBody(frames(answer), answer, signal, onEnd), {
    status,
    headers: { "content-type": "text/event-stream", ...headers },
  });
}

/**
 * Stores the texts of each model. The texts serve to find a model in the analyst's prompt, which
 * does not contain the names of the models.
 */
class ModelTexts {
  /** @type {Map<string, Set<string>>} */
  #texts = new Map();

  /** @param {Record<string, any>} scripts */
  constructor(scripts) {
    for (const [model, script] of Object.entries(scripts)) {
      for (const item of [script].flat()) this.add(model, textOf(item));
    }
  }

  /** @param {string} model @param {string} text */
  add(model, text) {
    this.#texts.set(model, (this.#texts.get(model) ?? new Set()).add(text));
  }

  /** @param {any} analysis @param {unknown} body */
  analysisReply(analysis, body) {
    return analysisReply(analysis, this.#texts, body);
  }
}

/** @param {any} script */
const textOf = (script) =>
  typeof script === "string" ? script : [script.text ?? []].flat().join("");

/** @param {number} ms @param {AbortSignal | undefined} signal */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(undefined);
    }, ms);
    function onAbort() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** @param {Record<string, any>} scripts */
const listModels = (scripts) =>
  Response.json({ data: Object.keys(scripts).map((id) => ({ id, object: "model" })) });

/** @param {number} status @param {string} message */
const jsonError = (status, message) =>
  Response.json({ error: { code: status, message } }, { status });
