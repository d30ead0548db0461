// Tests that a busy process reads the bytes that it has received before a call fails. The process
// blocks itself for longer than its timeouts, while a server in another thread answers over a real
// socket.
import { once } from "node:events";
import { createServer } from "node:http";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { equal } from "../scenarios/assert.mjs";

const TIMEOUT_MS = 1000;
const BUSY_MS = 2000;

const chunk = (content, finish_reason = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;

/**
 * Starts a server. It reports each request. It sends the first text after 100 ms, and the rest
 * after another 100 ms.
 */
function serve() {
  const server = createServer((_, response) => {
    parentPort.postMessage("received");
    setTimeout(() => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk("Blue"));
      setTimeout(() => response.end(`${chunk(".", "stop")}data: [DONE]\n\n`), 100);
    }, 100);
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
}

const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);

/** Makes runs and blocks the process in the middle of each run. */
export async function busyProcess({ fuse }) {
  const worker = new Worker(new URL(import.meta.url));
  try {
    const [port] = await once(worker, "message");
    for (const [timeouts, type] of [
      [{ first_byte_ms: TIMEOUT_MS, idle_ms: 10_000 }, "answer.started"],
      [{ first_byte_ms: 10_000, idle_ms: TIMEOUT_MS }, "answer.delta"],
    ]) {
      const request = { prompt: "Why?", convene: false, writer: "p:m", max_retries: 0, timeouts };
      const baseURL = `http://127.0.0.1:${port}/v1`;
      const run = fuse(request, { providers: { p: { baseURL, apiKey: "key-12345678" } } });
      let isBlocked = false;
      const received = once(worker, "message");
      for await (const event of run) {
        if (event.type !== type || isBlocked) continue;
        isBlocked = true;
        // The server has the request before the process is blocked.
        received.then(block);
      }
      equal((await run.result()).answer, "Blue.", `blocked after ${type}`);
      equal(isBlocked, true, type);
    }
  } finally {
    await worker.terminate();
  }
}

if (!isMainThread) serve();
