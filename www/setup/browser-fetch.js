// A `fetch` that answers a request for Chat Completions with the browser's own model.
import { SESSION_OPTIONS } from "./browser-model.js";

const encoder = new TextEncoder();
const eventOf = (data) => encoder.encode(`data: ${data}\n\n`);
const chunkOf = (chunk) => eventOf(JSON.stringify(chunk));
const choiceOf = (content, finish_reason) => ({
  choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason }],
});

export async function browserFetch(_url, { body, signal }) {
  const { messages, response_format } = JSON.parse(body);
  const prompts = messages.map(toPrompt);
  const last = prompts.pop();
  let session;
  try {
    const model = globalThis.LanguageModel;
    if (!model) throw new DOMException("This browser has no model.", "NotSupportedError");
    session = await model.create({ ...SESSION_OPTIONS, initialPrompts: prompts, signal });
    const schema = schemaOf(response_format);
    const constraint = schema && { responseConstraint: schema };
    const prompt_tokens = await session.measureContextUsage([last], constraint);
    const texts = session.promptStreaming([last], { signal, ...constraint });
    const body = texts.pipeThrough(toEvents(session, prompt_tokens));
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  } catch (error) {
    session?.destroy();
    if (signal?.aborted) throw error;
    return refusal(error);
  }
}

/** Converts a message. The model reads text only, so a picture becomes its type. */
function toPrompt({ role, content }) {
  const parts = Array.isArray(content) ? content : [{ text: content ?? "" }];
  const text = parts.map((part) => part.text ?? `[${part.type}]`).join("\n");
  return { role: role === "developer" ? "system" : role, content: text };
}

function schemaOf(format) {
  if (format?.type === "json_object") return { type: "object" };
  return format?.json_schema?.schema;
}

/** Converts the pieces of a reply to a stream of Chat Completions. Ends the session. */
function toEvents(session, prompt_tokens) {
  return new TransformStream({
    transform: (text, stream) => stream.enqueue(chunkOf(choiceOf(text, null))),
    flush(stream) {
      const completion_tokens = Math.max(0, Math.round(session.contextUsage - prompt_tokens));
      const usage = { prompt_tokens, completion_tokens };
      stream.enqueue(chunkOf({ ...choiceOf(null, "stop"), usage }));
      stream.enqueue(eventOf("[DONE]"));
      session.destroy();
    },
    cancel: () => session.destroy(),
  });
}

const STATUS = { QuotaExceededError: 400, NotSupportedError: 400, NotAllowedError: 403 };

function refusal({ name, message }) {
  const isTooLong = name === "QuotaExceededError";
  const error = { message, ...(isTooLong && { code: "context_length_exceeded" }) };
  return Response.json({ error }, { status: STATUS[name] ?? 503 });
}
