// Starts the worker that reads a PDF, and ends it. `files.js` loads this module with the first PDF.
import url from "./pdf-worker.js?worker&url";

/** The worker itself stops between two pages after 30 s. One page can take longer. */
const MAX_MS = 40_000;

/** The page's policy allows this one script URL. */
const policy = globalThis.trustedTypes?.createPolicy("pdf-worker", { createScriptURL: () => url });

/** @returns see `readPdf()` in pdf-text.js. Rejects with an error whose name says why */
export async function readPdfInWorker(bytes, maxChars) {
  const worker = new Worker(policy?.createScriptURL("") ?? url, { type: "module" });
  const { port1, port2: port } = new MessageChannel();
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      const fail = (name) => reject(new DOMException("", name));
      timer = setTimeout(() => fail("TimeoutError"), MAX_MS);
      worker.addEventListener("error", () => fail("DataError"));
      port1.onmessage = ({ data: { result, error } }) => (result ? resolve(result) : fail(error));
      worker.postMessage({ bytes, maxChars, port }, [bytes.buffer, port]);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
