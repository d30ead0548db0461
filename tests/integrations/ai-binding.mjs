// Imitates a Worker's AI binding, in all formats of Workers AI. The imitation runs in Node and in
// workerd. tests/integrations/types compares its types with Cloudflare's types.

const encoder = new TextEncoder();
export const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

const frame = (data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const delta = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const whole = (message, finish_reason = "stop") => ({
  id: "id",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  usage,
});
const named = (name, message) => Object.assign(new Error(message), { name });

/** Returns a stream whose chunks end in the middle of lines and characters. */
function stream(frames, { onCancel = () => {}, stall = false } = {}) {
  const bytes = encoder.encode(frames.map(frame).join(""));
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      at += 7;
      if (at < bytes.length + 7) return controller.enqueue(bytes.slice(at - 7, at));
      if (stall) return new Promise(() => {});
      controller.close();
    },
    cancel: onCancel,
  });
}

const CALL = { name: "stock", arguments: { symbol: "ACME" } };
const hasResult = ({ messages }) => messages.some(({ role }) => role === "tool");
const resultText = ({ messages }) => {
  const { content } = messages.find(({ role }) => role === "tool");
  return `result ${content}`;
};

/** What each model returns. `this` is the binding. */
const MODELS = {
  "@cf/old/stream": () =>
    stream([
      { response: "old ", p: "abcdef" },
      { response: "étream" },
      { response: "", usage },
      "[DONE]",
    ]),
  "@cf/old/number": () => stream([{ response: 4 }, { response: 2 }, { usage }, "[DONE]"]),
  "@cf/old/long": () =>
    stream([{ response: "cut" }, { usage: { ...usage, completion_tokens: 9 } }, "[DONE]"]),
  "@cf/old/broken": () => stream([{ response: "half an" }]),
  "@cf/new/stream": () =>
    stream([
      delta({ role: "assistant", reasoning_content: "Hm." }),
      delta({ content: "new " }),
      delta({ content: "stream" }),
      delta({}, "stop"),
      { choices: [], usage },
      "[DONE]",
    ]),
  "@cf/new/endless": () => stream([delta({ content: "no reason" }), "[DONE]"]),
  "@cf/both/stream": () =>
    stream([
      { response: "once", ...delta({ content: "once" }) },
      { ...delta({}, "stop"), usage },
    ]),
  "@cf/old/whole": () => ({ response: "old whole", usage }),
  "@cf/old/object": () => ({ response: { sum: 42 }, usage }),
  "@cf/new/whole": () => whole({ content: "new whole" }),
  "@cf/json/stream": () =>
    new Response(JSON.stringify({ result: { response: "old json", usage }, success: true })).body,
  "@cf/raw/stream": () => new Response(stream([{ response: "raw" }, { usage }, "[DONE]"])),
  "@cf/old/tool": (inputs) =>
    hasResult(inputs)
      ? stream([{ response: resultText(inputs) }, { usage }, "[DONE]"])
      : stream([{ response: "", tool_calls: [CALL] }, { usage }, "[DONE]"]),
  "@cf/old/tool-whole": (inputs) =>
    hasResult(inputs) ? { response: resultText(inputs), usage } : { tool_calls: [CALL], usage },
  "@cf/new/tool": (inputs) =>
    hasResult(inputs)
      ? stream([delta({ content: resultText(inputs) }, "stop"), { choices: [], usage }, "[DONE]"])
      : stream([
          delta({
            tool_calls: [
              {
                index: 0,
                id: "c1",
                type: "function",
                function: { name: "stock", arguments: '{"sy' },
              },
            ],
          }),
          // The last part of a call may have neither id nor name.
          delta({
            tool_calls: [
              {
                index: 0,
                id: null,
                type: null,
                function: { name: null, arguments: 'mbol":"ACME"}' },
              },
            ],
          }),
          delta({}, "tool_calls"),
          { choices: [], usage },
          "[DONE]",
        ]),
  "@cf/fails/busy": () => {
    throw named("InferenceUpstreamError", "3040: Capacity temporarily exceeded, please try again.");
  },
  "@cf/fails/quota": () => {
    throw named("AiError", "AiError: 3036: You have used up your daily free allocation");
  },
  "@cf/fails/model": () => {
    throw named("InferenceUpstreamError", "5007: No such model @cf/fails/model or task");
  },
  "@cf/fails/large": () => {
    throw named("InferenceUpstreamError", "3006: Request is too large");
  },
  "@cf/fails/account": () => {
    throw named("AiInternalError", "3023: Account is not allowed to access this model");
  },
  "@cf/fails/other": () => {
    throw new Error("Network connection lost after 3040 ms");
  },
  "@cf/fails/response": () =>
    Response.json(
      { internalCode: 3042, description: "Unknown gateway", name: "AiError" },
      { status: 500 },
    ),
  "@cf/fails/stream": () =>
    stream([{ response: "half" }, { errors: [{ code: 3040, message: "No capacity" }] }]),
  "@cf/stalls/run"() {
    return new Promise((resolve) => {
      this.release = () => resolve(stream(["[DONE]"], { onCancel: () => (this.cancelled += 1) }));
    });
  },
  "@cf/stalls/first"() {
    return stream([], { stall: true, onCancel: () => (this.cancelled += 1) });
  },
  "@cf/stalls/stream"() {
    const onCancel = () => (this.cancelled += 1);
    return stream([{ response: "begun" }], { stall: true, onCancel });
  },
};

/** The imitated binding. `calls` are the arguments of each call of `run()`. */
export class AIBinding {
  /** @type {{ model: string, inputs: any, options: any }[]} */
  calls = [];
  cancelled = 0;
  release = () => {};

  /**
   * @param {string} model
   * @param {any} inputs
   * @param {import("@cloudflare/workers-types").AiOptions} [options]
   * @returns {Promise<any>}
   */
  async run(model, inputs, options) {
    // The platform sends the inputs as JSON, so values that are not JSON are lost.
    this.calls.push({ model, inputs: JSON.parse(JSON.stringify(inputs)), options });
    const answer = /** @type {any} */ (MODELS)[model];
    if (!answer) throw named("InferenceUpstreamError", `5007: No such model ${model} or task`);
    return answer.call(this, inputs);
  }
}
