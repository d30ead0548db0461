// A run becomes a response: as a stream while it goes on, or whole at its end.

import { KEEP_ALIVE_MS } from "../stream.js";
import { startTimer, timedReader } from "../timeout.js";
import { Story } from "./story.js";

/** How long a stream's status may wait for the first word of a model. What fails before that has a status of its own, and clients know
 *  what to do with it. */
const HOLD_MS = 5_000;
const FIRST_WORD = /^(?:panelist|analysis|answer)\.(?:delta|reasoning|tool|source|item|completed|tool_call)$/;

/** At its end. Rejects with what the run fails with. */
export async function whole(run, voice, ownKey) {
  const story = new Story(ownKey);
  for await (const event of run) {
    story.add(event);
    voice.on(event, story);
  }
  return voice.whole(story);
}

/**
 * A body of server-sent events. Rejects with what the run fails with, as long as no model has said a word.
 * @param voice an endpoint's way to tell a story: see chat.js.
 * @param client its `request`; whether the handler is its `fetch` (`isFetch`): then a body that it aborts fails with its reason; and whether
 *   the key is the server's.
 * @param failed gives the failure that clients see of an error that comes too late for a status.
 */
export async function streamed(run, voice, { request, isFetch, ownKey }, failed) {
  const encoder = new TextEncoder();
  const story = new Story(ownKey);
  const iterator = run[Symbol.asyncIterator]();
  const read = timedReader(iterator);
  let over = false;

  function tell(event) {
    const again = event.type === "answer.started" && story.hasAnswered;
    if (again) {
      run.cancel();
      story.error = { code: "provider_error", message: "the writer broke off, and what it had said can't be unsaid" };
    } else {
      story.add(event);
    }
    if (event.type === "run.failed" && isFetch) request.signal.throwIfAborted();
    over = again || event.type === "run.completed" || event.type === "run.failed";
    return story.error ? voice.fail(failed(story.error), story) : voice.on(event, story);
  }

  let text = "";
  const hold = startTimer(HOLD_MS);
  try {
    for (let next; !over && (next = await read(hold)) && !next.done; ) {
      const { value: event } = next;
      // After it, reading throws the error with its snapshot.
      if (event.type === "run.failed") continue;
      text += tell(event);
      if (FIRST_WORD.test(event.type)) break;
    }
  } finally {
    hold.clear();
  }

  return new ReadableStream(
    {
      // Held for as long as the stream: Node passes an abort on through the request, and not at all once that has been collected.
      request,
      async pull(controller) {
        // Of what the client hears: events that it is not told of break no silence.
        const timer = startTimer(KEEP_ALIVE_MS);
        try {
          while (!text && !over) {
            const next = await read(timer);
            if (!next) text = voice.beat;
            else if (next.done) over = true;
            else text = tell(next.value);
          }
        } finally {
          timer.clear();
        }
        if (text) controller.enqueue(encoder.encode(text));
        text = "";
        if (over) controller.close();
      },
      async cancel() {
        await iterator.return();
      },
    },
    // Nothing is read ahead of the client; what waits, waits in the core, where deltas merge.
    { highWaterMark: 0 },
  );
}
