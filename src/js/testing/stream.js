// Sends server-sent events at the pace of a script, as the body of a response.

/**
 * An event and the delay before it.
 * @typedef {{ delay_ms?: number, event?: string, data: unknown }} Frame
 */

/**
 * Returns the body of a response. Measures all delays from the start of the stream. A late timer of
 * a background tab therefore does not delay the later events.
 * @param {Iterator<Frame, unknown>} frames
 * @param {{ stall: boolean, cut: boolean }} answer
 * @param {AbortSignal | undefined} signal
 * @param {(how: "completed" | "cut" | "aborted") => void} onEnd
 */
export function streamBody(frames, { stall, cut }, signal, onEnd) {
  const encoder = new TextEncoder();
  let due_ms = performance.now();
  let next = frames.next();
  let isOpen = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let onAbort = () => {};

  /** @param {"completed" | "cut" | "aborted"} how */
  const end = (how) => {
    isOpen = false;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    onEnd(how);
  };
  /** @param {ReadableStreamDefaultController} controller */
  const breakOff = (controller) => {
    if (stall) return new Promise(() => {});
    end("cut");
    controller.error(new TypeError("terminated: scriptedFetch was told to cut the connection"));
  };
  /** @param {number} ms */
  const sleep = (ms) => ms > 0 && new Promise((resolve) => (timer = setTimeout(resolve, ms)));

  return new ReadableStream(
    {
      start(controller) {
        onAbort = () => {
          end("aborted");
          controller.error(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      },
      async pull(controller) {
        if (next.done) return /** @type {any} */ (breakOff(controller));
        due_ms += next.value.delay_ms ?? 0;
        await sleep(due_ms - performance.now());
        if (!isOpen) return;
        controller.enqueue(encoder.encode(format(next.value)));
        next = frames.next();
        // Close the stream together with the last event. Some readers stop after this event and
        // would never request the end.
        if (next.done && !stall && !cut) {
          end("completed");
          controller.close();
        }
      },
      cancel: () => end("aborted"),
    },
    { highWaterMark: 0 },
  );
}

/** @param {Frame} frame */
function format({ event, data }) {
  const name = event ? `event: ${event}\n` : "";
  return `${name}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}
