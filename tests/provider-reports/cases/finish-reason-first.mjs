// Finish reasons that a server sends before the text. After a finish reason, a call waits up to 3 s
// for the usage. A finish reason before any text does not start this wait. If more text follows a
// later finish reason, the wait ends.
import { add, calling, chunk, close, DONE, end, open, piece, says, start, stop } from "../wire.mjs";

const OPEN_WEBUI = "https://github.com/open-webui/open-webui/issues/23921";
const REASONING = "https://github.com/open-webui/open-webui/issues/16377";
const MIDWAY = "https://github.com/PawanOsman/OpenCursor/issues/88";

// A pause in the stream, in milliseconds. After a finish reason, a call waits 3 s for usage. Two
// pauses together are longer than this wait.
const SLOW = 1_800;
const slowly = (chunks) => chunks.flatMap((one, at) => (at < 4 ? [SLOW, one] : [one]));

/** Splits the third part of the text in two, so that a pause stands before each half. */
const parts = ([first, second, third]) => [first, second, third.slice(0, 2), third.slice(2)];

const block = (say) => [
  open(0, { type: "text", text: "" }),
  ...parts(say).map((text) => add(0, { type: "text_delta", text })),
  close(0),
];

export default [
  {
    name: "in the first chunk, then slow text",
    from: [OPEN_WEBUI],
    reply: (say) => [
      says("", { finish_reason: "stop" }),
      ...slowly(parts(say).map((text) => says(text))),
      stop(),
      DONE,
    ],
    expect: { finish: "stop" },
  },
  {
    name: "in each chunk of the thinking",
    from: [REASONING],
    reply: (say) => [
      chunk({ reasoning_content: "Light " }, { finish_reason: "stop" }),
      SLOW,
      chunk({ reasoning_content: "scatters." }, { finish_reason: "stop" }),
      ...slowly(parts(say).map((text) => says(text))),
      stop(),
      DONE,
    ],
    expect: { reasoning: "Light scatters.", finish: "stop" },
  },
  {
    name: "in the middle of the text",
    from: [MIDWAY],
    reply: (say) => [
      says(say[0]),
      says("", { finish_reason: "stop" }),
      ...slowly(
        parts(say)
          .slice(1)
          .map((text) => says(text)),
      ),
      stop("length"),
      DONE,
    ],
    expect: { finish: "length" },
  },
  {
    name: "before the calls",
    from: [OPEN_WEBUI],
    tools: ["alpha"],
    later: "answer",
    reply: () => [
      says("", { finish_reason: "stop" }),
      ...slowly([
        calling(piece("alpha", '{"a":', { index: 0, id: "c1" })),
        calling({ index: 0, function: { arguments: "1" } }),
        calling({ index: 0, function: { arguments: "2" } }),
        calling({ index: 0, function: { arguments: "}" } }),
      ]),
      stop("tool_calls"),
      DONE,
    ],
    expect: { ran: [["alpha", { a: 12 }]] },
  },
  {
    name: "in the first chunk, and the answer is cut",
    from: [OPEN_WEBUI],
    reply: (say) => [says("", { finish_reason: "stop" }), says(say[0])],
    expect: { error: { code: "network_error", says: "cut off" } },
  },
  {
    name: "the word null in each chunk",
    from: ["https://github.com/dashscope/dashscope-sdk-python/issues/4"],
    reply: (say) => [
      ...slowly(parts(say).map((text) => says(text, { finish_reason: "null" }))),
      stop(),
      DONE,
    ],
    expect: { finish: "stop" },
  },
  {
    name: "the word null in each chunk, and the answer is cut",
    from: ["https://github.com/dashscope/dashscope-sdk-python/issues/4"],
    reply: (say) => [says(say[0], { finish_reason: "null" })],
    expect: { error: { code: "network_error", says: "cut off" } },
  },
  {
    name: "an empty text in each chunk",
    from: ["https://github.com/lhenault/simpleAI/issues/39"],
    reply: (say) => [...say.map((text) => says(text, { finish_reason: "" })), stop(), DONE],
    expect: { finish: "stop" },
  },
  {
    name: "stop in each chunk of the text",
    from: ["https://github.com/lhenault/simpleAI/issues/39"],
    reply: (say) => [
      ...slowly(parts(say).map((text) => says(text, { finish_reason: "stop" }))),
      DONE,
    ],
    expect: { finish: "stop" },
  },
  {
    name: "messages: a stop reason in the first event",
    from: [OPEN_WEBUI],
    dialect: "messages",
    reply: (say) => [start({ stop_reason: "end_turn" }), ...slowly(block(say)), ...end()],
    expect: { finish: "stop" },
  },
  {
    name: "messages: a stop reason before the text",
    from: [OPEN_WEBUI],
    dialect: "messages",
    reply: (say) => [
      start(),
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      ...slowly(block(say)),
      { type: "message_stop" },
    ],
    expect: { finish: "stop" },
  },
];
