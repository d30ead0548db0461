// Reads the text of a PDF in a worker. A hostile PDF can take any time, and the page then ends the
// worker, see pdf.js.
import { readPdf } from "./pdf-text.js";

// The library sends and receives messages of its own, so the result has a port of its own.
addEventListener("message", async ({ data: { bytes, maxChars, port } }) => {
  if (!port) return;
  try {
    port.postMessage({ result: await readPdf(bytes, maxChars) });
  } catch ({ name }) {
    port.postMessage({ error: name });
  }
});
