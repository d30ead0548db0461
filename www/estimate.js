// Shows the estimated cost of the question below the form. The estimate is updated when the person
// pauses in typing.
import { estimate } from "llm-fuse/url";
import { setShown, setText } from "./dom.js";
import { priceSentence } from "./text/price.js";

const TYPING_PAUSE_MS = 500;
const RETRY_MS = 60_000;
const NO_PRICES = { text: "No estimate: prices unavailable." };

/**
 * @param line the element that shows the estimate
 * @param loadPrices loads the prices. After a failure, it is called again after one minute at the
 *   earliest
 * @param draft returns `{ request, options, setup }` of the question. If there is no question,
 *   returns nothing
 * @param announce called with a sentence for screen readers if the budget becomes too low for the
 *   question
 * @returns a function to call when the question or the settings have changed
 */
export function createEstimate(line, { loadPrices, draft, announce }) {
  let timer;
  let latest = 0;
  let failedAt = -RETRY_MS;

  function show({ text = "", isTooLow = false } = {}) {
    // Announce only the change to a budget that is too low, not every estimate.
    if (isTooLow && !line.hasAttribute("data-insufficient")) announce(text);
    setText(line, text);
    setShown(line, text);
    line.toggleAttribute("data-insufficient", isTooLow);
  }

  async function update() {
    latest += 1;
    const mine = latest;
    const result = await compute();
    if (mine === latest) show(result);
  }

  async function compute() {
    if (!isWanted()) return undefined;
    if (performance.now() - failedAt < RETRY_MS) return NO_PRICES;
    try {
      await loadPrices();
    } catch {
      failedAt = performance.now();
      return NO_PRICES;
    }
    return isWanted() ? estimateSentence(draft()) : undefined;
  }

  function isWanted() {
    const planned = draft();
    return planned?.request && !planned.setup.isSample;
  }

  return () => {
    clearTimeout(timer);
    // If the form is empty again, the estimate disappears at once.
    if (isWanted()) timer = setTimeout(update, TYPING_PAUSE_MS);
    else update();
  };
}

async function estimateSentence({ request, options, setup }) {
  const asked = { ...request, messages: request.messages.map(withoutPictureData) };
  const live = { ...options, fetch: emptyModelList };
  try {
    const all = await estimate(asked, live);
    if (all.unknown.length === 0) return priceSentence(all, [], setup.budget);
    // Set the price of unpriced models to 0. The estimate is then a lower bound.
    const free = all.unknown.map((model) => [model, { prompt: 0, completion: 0 }]);
    const prices = { ...options.prices, ...Object.fromEntries(free) };
    return priceSentence(await estimate(asked, { ...live, prices }), all.unknown, setup.budget);
  } catch {
    // The request is invalid. The page shows the problem when the request is sent.
    return undefined;
  }
}

/**
 * Removes the data of pictures. The core does not need the data, because its estimate counts every
 * picture alike.
 */
function withoutPictureData(message) {
  if (typeof message.content === "string") return message;
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64," } };
  return { ...message, content: message.content.map((part) => (part.image_url ? picture : part)) };
}

/**
 * A `fetch` that replaces OpenRouter's price list. The options already have the prices, so the core
 * need not load the list at each pause.
 */
export const emptyModelList = () => Promise.resolve(new Response('{"data":[]}'));
