// In: frames of server-sent events, each with the pause before it. Out: their bytes, at that pace, as the body of a response.

/** `ended(how)` is told "completed", "cut" or "aborted". Late timers, as in a background tab, catch up instead of slowing what follows. */
export function play(frames, { stall, cut }, signal, ended) {
  const encoder = new TextEncoder();
  let due = performance.now();
  let next = frames.next();
  let isOpen = true;
  let timer;
  let onAbort;
  const end = (how) => {
    isOpen = false;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    ended(how);
  };
  const broken = (controller) => {
    if (stall) return new Promise(() => {});
    end("cut");
    controller.error(new TypeError("terminated: scriptedFetch was told to cut the connection"));
  };
  const pause = (ms) => ms > 0 && new Promise((wake) => (timer = setTimeout(wake, ms)));
  return new ReadableStream(
    {
      start(controller) {
        onAbort = () => {
          end("aborted");
          controller.error(signal.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      },
      async pull(controller) {
        if (next.done) return broken(controller);
        due += next.value.delay_ms ?? 0;
        await pause(due - performance.now());
        if (!isOpen) return;
        controller.enqueue(encoder.encode(written(next.value)));
        next = frames.next();
        // At once, for a reader who knows the last frame does not ask for more.
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

const written = ({ event, data }) => `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
