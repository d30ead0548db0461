// What a question will cost, told before it is sent: below the box, once the writing rests.
import { estimate } from "llm-fuse/url";
import { setShown, setText } from "./dom.js";
import { priceSentence } from "./text/price.js";

const REST_MS = 500;
const RETRY_MS = 60_000;
const NO_LIST = { words: "No estimate: prices unavailable." };

/** @param line where it stands
 *  @param prices `() => promise` of their being known, as far as they can be; asked for once, and after a failure no sooner than in a minute
 *  @param draft `() => { request, options, setup }` of what would be asked now; nothing where nothing can be asked
 *  @param announce for who cannot see it, when it becomes a reason to think twice
 *  @returns what is called when that may have changed */
export function createEstimate(line, { prices, draft, announce }) {
  let timer;
  let latest = 0;
  let failed = -RETRY_MS;

  function show({ words = "", short = false } = {}) {
    // Not at each pause: only when it becomes something to act on.
    if (short && !line.hasAttribute("data-insufficient")) announce(words);
    setText(line, words);
    setShown(line, words);
    line.toggleAttribute("data-insufficient", short);
  }

  async function tell() {
    latest += 1;
    const mine = latest;
    const told = await words();
    if (mine === latest) show(told);
  }

  async function words() {
    if (!isWanted()) return undefined;
    const since = performance.now() - failed;
    if (since < RETRY_MS) return NO_LIST;
    try {
      await prices();
    } catch {
      failed = performance.now();
      return NO_LIST;
    }
    return isWanted() ? sentence(draft()) : undefined;
  }

  function isWanted() {
    const planned = draft();
    return planned?.request && !planned.setup.isSample;
  }

  return () => {
    clearTimeout(timer);
    // What is empty again costs nothing, at once.
    if (isWanted()) timer = setTimeout(tell, REST_MS);
    else tell();
  };
}

async function sentence({ request, options, setup }) {
  const asked = { ...request, messages: request.messages.map(light) };
  const live = { ...options, fetch: nothingMore };
  try {
    const told = await estimate(asked, live);
    const free = Object.fromEntries(told.unknown.map((model) => [model, { prompt: 0, completion: 0 }]));
    // With the others for nothing it is what the known ones come to: at least that.
    const known = told.unknown.length > 0 ? await estimate(asked, { ...live, prices: { ...options.prices, ...free } }) : told;
    return priceSentence(known, told.unknown, setup.budget);
  } catch {
    // What is wrong with it is said when it is sent.
    return undefined;
  }
}

/** Pictures count alike, whatever their size. */
function light(message) {
  if (typeof message.content === "string") return message;
  return { ...message, content: message.content.map((part) => (part.image_url ? { type: "image_url", image_url: { url: "data:image/png;base64," } } : part)) };
}

/** For a core that would ask for OpenRouter's list itself, at each pause in writing: what is known of it is in the options. */
const nothingMore = () => Promise.resolve(new Response('{"data":[]}'));
