// What a question will cost, told before it is sent: below the box, once the writing rests.
import { estimate } from "llm-fuse/url";
import { setShown, setText } from "./dom.js";
import { priceSentence } from "./text/price.js";

const REST_MS = 500;
const FRESH_MS = 600_000;
const RETRY_MS = 60_000;

/** @param line where it stands
 *  @param draft `() => { request, options, setup }` of what would be asked now; nothing where nothing can be asked
 *  @param announce for who cannot see it, when it becomes a reason to think twice
 *  @returns what is called when that may have changed */
export function createEstimate(line, draft, announce) {
  let timer;
  let latest = 0;

  function show({ words = "", short = false } = {}) {
    // Not at each pause: only when it becomes something to act on.
    if (short && !line.hasAttribute("data-short")) announce(words);
    setText(line, words);
    setShown(line, words);
    line.toggleAttribute("data-short", short);
  }

  async function tell() {
    latest += 1;
    const mine = latest;
    const planned = draft();
    const told = planned?.request && !planned.setup.staged ? await sentence(planned) : undefined;
    if (mine === latest) show(told);
  }

  return () => {
    clearTimeout(timer);
    // What is empty again costs nothing, at once.
    if (draft()?.request) timer = setTimeout(tell, REST_MS);
    else tell();
  };
}

async function sentence({ request, options, setup }) {
  const asked = { ...request, messages: request.messages.map(light) };
  const live = { ...options, fetch: remembering };
  try {
    const told = await estimate(asked, live);
    const free = Object.fromEntries(told.unknown.map((model) => [model, { prompt: 0, completion: 0 }]));
    // With the others for nothing it is what the known ones come to: at least that.
    const known = told.unknown.length > 0 ? await estimate(asked, { ...live, prices: { ...options.prices, ...free } }) : told;
    return priceSentence(known, told.unknown, setup.budget);
  } catch (error) {
    // What is wrong with the question is said when it is sent.
    return error.code === "invalid_request" ? undefined : { words: "No estimate: the price list could not be read." };
  }
}

/** Pictures count alike, whatever their size. */
function light(message) {
  if (typeof message.content === "string") return message;
  return { ...message, content: message.content.map((part) => (part.image_url ? { type: "image_url", image_url: { url: "data:image/png;base64," } } : part)) };
}

// OpenRouter's list is asked for once, not with each pause in writing, and only what it says of prices is kept.
const lists = new Map();

async function remembering(url, init) {
  const slot = `${url} ${init.headers.get("authorization")}`;
  let known = lists.get(slot);
  if (!known || Date.now() > known.until) {
    known = { until: Date.now() + FRESH_MS, list: read(url, init) };
    known.list.catch(() => (known.until = Date.now() + RETRY_MS));
    lists.set(slot, known);
  }
  return new Response(await known.list);
}

async function read(url, { headers }) {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`the price list: ${response.status}`);
  const { data } = await response.json();
  return JSON.stringify({ data: data.map(({ id, pricing }) => ({ id, pricing })) });
}
