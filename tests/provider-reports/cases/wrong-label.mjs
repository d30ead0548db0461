// Bodies with a wrong content type. The first bytes determine the kind of a body.
import { answer, frame, json, message, raw, whole } from "../wire.mjs";

const AS_JSON = "https://github.com/openclaw/openclaw/issues/96497";
const AS_TEXT = "https://github.com/xiaoliu10/claude-code-router-next/pull/45";
const SPLIT = "https://github.com/xiaoliu10/claude-code-router-next/pull/44";
const WHOLE = "https://github.com/mistralai/mistral-vibe/pull/619";

const stream = (dialect, say) => answer[dialect](say).map(frame);
const labelled = (name, from, type, dialect = "chat") => ({
  name,
  from,
  dialect,
  reply: (say) => ({ type, body: stream(dialect, say).map(raw) }),
  expect: { finish: "stop" },
});
const wholes = {
  chat: (say) => whole({ content: say.join("") }),
  responses: (say) => ({
    id: "r-1",
    object: "response",
    model: "m",
    status: "completed",
    output: [message(say.join(""))],
  }),
  messages: (say) => ({
    id: "m-1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: say.join("") }],
    stop_reason: "end_turn",
  }),
};

export default [
  labelled("a stream as application/json", [AS_JSON], "application/json"),
  labelled("responses: a stream as application/json", [AS_JSON], "application/json", "responses"),
  labelled("messages: a stream as application/json", [AS_JSON], "application/json", "messages"),
  labelled("a stream as text/plain", [AS_TEXT], "text/plain"),
  labelled("a stream as application/octet-stream", [AS_TEXT], "application/octet-stream"),
  labelled("a stream without a label", [AS_TEXT], null),
  {
    name: "a stream as application/json that begins with a comment",
    from: [SPLIT],
    reply: (say) => ({
      type: "application/json",
      body: [raw(": ping\n\n"), 20, ...stream("chat", say).map(raw)],
    }),
    expect: {},
  },
  {
    name: "a stream as application/json that begins with blank lines and half a word",
    from: [SPLIT],
    reply: (say) => ({
      type: "application/json",
      body: [raw("\n\nda"), 20, raw("ta"), 20, raw(stream("chat", say).join("").slice(4))],
    }),
    expect: {},
  },
  {
    name: "a stream as application/json that begins with an event",
    from: [SPLIT],
    dialect: "messages",
    reply: (say) => ({
      type: "application/json",
      body: [raw("ev"), 20, raw(stream("messages", say).join("").slice(2))],
    }),
    expect: {},
  },
  ...Object.entries(wholes).map(([dialect, of]) => ({
    name: `${dialect}: a whole answer as text/event-stream`,
    from: [WHOLE],
    dialect,
    reply: (say) => ({ type: "text/event-stream", body: JSON.stringify(of(say)) }),
    expect: { finish: "stop" },
  })),
  {
    name: "a whole answer on many lines as text/event-stream",
    from: [WHOLE],
    reply: (say) => ({
      type: "text/event-stream",
      body: `\n${JSON.stringify(wholes.chat(say), null, 2)}\n`,
    }),
    expect: {},
  },
  {
    name: "a whole answer as text/plain",
    from: [WHOLE],
    reply: (say) => ({ type: "text/plain", body: JSON.stringify(wholes.chat(say)) }),
    expect: {},
  },
  {
    name: "a whole answer without a label",
    from: [WHOLE],
    reply: (say) => ({ type: null, body: [raw(JSON.stringify(wholes.chat(say)))] }),
    expect: {},
  },
  {
    name: "a whole answer after a byte order mark",
    from: [WHOLE],
    reply: (say) => ({
      type: "application/json",
      body: `\uFEFF${JSON.stringify(wholes.chat(say))}`,
    }),
    expect: {},
  },
  {
    name: "an error in a list",
    from: ["https://github.com/SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter/issues/3"],
    roles: ["panelist", "writer"],
    reply: () => json(400, [{ error: { code: 400, message: "Wrong argument." } }]),
    expect: { error: { code: "invalid_request", says: "Wrong argument." } },
  },
  {
    name: "a page as text/html",
    from: ["https://github.com/altic-dev/FluidVoice/issues/581"],
    reply: () => ({ type: "text/html", body: "<!DOCTYPE html><p>Welcome</p>" }),
    expect: { error: { code: "provider_error", says: "baseURL" } },
  },
];
