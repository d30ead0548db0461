// Runs in a page. Replaces the providers and the page's own server, and records the calls.

import { fuse } from "llm-fuse";
import { scriptedFetch } from "llm-fuse/testing";

const words = (text, count) => Array.from({ length: count }, () => `${text} `);

/** The scripts of a mode, by role. Tests set `window.mode`. */
const modes = {
  quick: () => ({ panelist: "Blue.", writer: "The sky is blue." }),
  slow: () => ({ panelist: { text: words("blue", 400), delay_ms: 20 }, writer: "Late." }),
  "writer fails": () => ({ panelist: "Blue.", writer: { status: 402 } }),
  "one is slow": ({ model }) => ({
    panelist: model === "a/slow" ? { text: words("blue", 300), delay_ms: 4 } : "Blue.",
    writer: "The sky is blue.",
  }),
};

function script(call) {
  const text = JSON.stringify(call.body);
  if (text.includes("Compare the answers.")) return { analysis: { consensus: [] } };
  const { panelist, writer } = modes[window.mode](call);
  return text.includes("Write the final answer") ? writer : panelist;
}

window.mode = "quick";
window.provider = scriptedFetch({ "*": script });

/** Answers a request to `/ask` like the page's own server. */
function serve(init) {
  const { prompt } = JSON.parse(init.body);
  const run = fuse({ prompt }, { apiKey: "k", fetch: window.provider });
  const headers = { "content-type": "text/event-stream" };
  return new Response(run.toReadableStream(), { headers });
}

window.fetch = async (url, init) => (url === "/ask" ? serve(init) : window.provider(url, init));

/** @param mount shows the component and returns a function that removes it */
export function drive(mount) {
  window.unmount = mount(document.getElementById("app"));
}
