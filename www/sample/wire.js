// A recorded reply as the stream an OpenAI-compatible host would send, at the pace of a person watching.

const encoder = new TextEncoder();

/** @returns the chunks of one reply, each with the time it is due in milliseconds. */
export function script(model, { thinking = "", tools = [], text, sources = [] }, { wordMs = 26, startMs = 500 } = {}) {
  const chunks = [];
  let due = startMs + Math.random() * 500;
  const id = `sample-${crypto.randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const chunk = (fields) => ({ id, object: "chat.completion.chunk", created, model, provider: "Sample", ...fields });
  const say = (delta, pause) => {
    chunks.push({ due, data: JSON.stringify(chunk({ choices: [{ index: 0, delta, finish_reason: null }] })) });
    due += pause;
  };

  say({ role: "assistant", content: "" }, 0);
  for (const word of words(thinking)) say({ reasoning: word }, jitter(wordMs * 1.3));
  tools.forEach((tool, index) => {
    due += 700;
    say({ reasoning_details: [toolCall(tool, index)] }, 500);
  });
  for (const word of words(text)) say({ content: word }, jitter(wordMs));
  if (sources.length > 0) {
    say({ annotations: sources.map((source) => ({ type: "url_citation", url_citation: { ...source, start_index: 0, end_index: 0 } })) }, 0);
  }

  chunks.push({ due, data: JSON.stringify(chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })) });
  chunks.push({ due, data: JSON.stringify(chunk({ choices: [], usage: usage(thinking, text) })) });
  chunks.push({ due, data: "[DONE]" });
  return chunks;
}

/** Sends the chunks as they fall due. Late timers, as in a background tab, catch up instead of slowing the replay. */
export function replay(chunks, signal) {
  let stop;
  const body = new ReadableStream({
    start(controller) {
      const began = performance.now();
      let next = 0;
      let timer;
      const abort = () => {
        clearTimeout(timer);
        controller.error(signal.reason);
      };
      stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const tick = () => {
        const now = performance.now() - began;
        while (next < chunks.length && chunks[next].due <= now) {
          controller.enqueue(encoder.encode(`data: ${chunks[next].data}\n\n`));
          next += 1;
        }
        if (next < chunks.length) {
          timer = setTimeout(tick, chunks[next].due - now);
        } else {
          stop();
          controller.close();
        }
      };
      signal?.addEventListener("abort", abort, { once: true });
      tick();
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** A refusal before the stream begins, as an HTTP error. */
export function refuse({ status, error }, delayMs, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(new Response(JSON.stringify({ error }), { status, headers: { "content-type": "application/json" } }));
    }, delayMs);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

const words = (text) => text.match(/\s*\S+/g) ?? [];
const jitter = (ms) => ms * (0.4 + Math.random() * 1.2);

function toolCall({ name, input }, index) {
  return {
    type: "reasoning.server_tool_call",
    tool_name: name,
    tool_call_id: `call_${index}`,
    arguments: JSON.stringify(input),
    result: JSON.stringify({ status: "ok" }),
    id: null,
    format: null,
    index,
  };
}

// The usual rule of thumb, four characters a token: nothing was really counted, and nothing costs.
function usage(thinking, text) {
  const reasoning = Math.ceil(thinking.length / 4);
  const completion = reasoning + Math.ceil(text.length / 4);
  return {
    prompt_tokens: 0,
    completion_tokens: completion,
    total_tokens: completion,
    completion_tokens_details: { reasoning_tokens: reasoning },
    cost: 0,
  };
}
