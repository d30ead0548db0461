// In: a script and the call it answers. Out: a plan { hold?, status, headers, steps } for delivery.mjs.
// A step is { bytes, events }, { pause: ms }, { stall: true } or { cut: true }.

const encode = (text) => Buffer.from(text, "utf8");

export function answer(script, call) {
  if (script.echo) script = { ...script, text: JSON.stringify({ headers: call.headers, body: call.body }) };
  const plan = { status: script.status ?? 200, headers: {}, hold: script.delay?.headers_ms, steps: body(script, call) };
  if (script.stall === "headers") plan.hold = Infinity;
  if (script.cut === "headers") plan.status = null;
  plan.headers = { "content-type": contentType(script), ...script.headers };
  if (script.redirect) plan.headers.location = script.redirect;
  return plan;
}

function contentType(script) {
  if (script.content_type !== undefined) return script.content_type;
  if (script.json || (script.body !== undefined && typeof script.body !== "string")) return "application/json";
  if (script.body !== undefined) return /^\s*</.test(script.body) ? "text/html" : "text/plain";
  return "text/event-stream";
}

function body(script, call) {
  if (script.body !== undefined) return [whole(typeof script.body === "string" ? script.body : JSON.stringify(script.body))];
  if (script.json) return [whole(rawCost(JSON.stringify(completion(script, call))))];
  let steps = script.bytes_base64 !== undefined ? [{ bytes: Buffer.from(script.bytes_base64, "base64"), events: 0 }] : stream(script, call);
  if (script.bom) steps.unshift({ bytes: Buffer.from([0xef, 0xbb, 0xbf]), events: 0 });
  if (script.cut?.bytes !== undefined) steps = cutAt(steps, script.cut.bytes);
  if (script.split !== undefined) steps = splitUp(steps, script.split);
  return steps;
}

const whole = (text) => ({ bytes: encode(text), events: text ? 1 : 0 });

function stream(script, call) {
  const newline = script.newline ?? "\n";
  const frame = (line) => ({ bytes: encode(`${line}\n\n`.replaceAll("\n", newline)), events: 1 });
  const data = (value) => frame(`data: ${typeof value === "string" ? value : rawCost(JSON.stringify(value))}`);
  const comment = { ...frame(": OPENROUTER PROCESSING"), events: 0 };
  const steps = [];

  for (let i = 0; i < (script.comments?.before ?? 0); i++) steps.push(comment, { pause: script.comments.every_ms ?? 0 });
  if (script.delay?.first_ms) steps.push({ pause: script.delay.first_ms });
  if (script.stall === "first") steps.push({ stall: true });
  if (script.giant_line) steps.push(...giantLine(script.giant_line));

  let deltas = 0;
  for (const said of speech(script, call)) {
    const between = script.delay?.between_ms;
    if (between !== undefined && steps.length) steps.push({ pause: between });
    if (deltas && script.comments?.between) steps.push(comment);
    steps.push(typeof said === "object" && said.repeat ? repeat(data(said.chunk), said.repeat, between) : data(said));
    deltas += 1;
    if (script.stall?.after === deltas) steps.push({ stall: true });
    if (script.cut?.after === deltas) steps.push({ pause: script.cut.wait_ms ?? 0 }, { cut: true });
  }
  if (script.endless) steps.push({ endless: encode(script.endless) });
  if (script.error) steps.push(data(errorChunk(script, call)));
  else if (!script.payloads) steps.push(...ending(script, call).map(data));
  if (!script.error && script.done !== false) steps.push(frame("data: [DONE]"));
  return steps.flat();
}

/** The chunks that say something, in the order OpenRouter has them: reasoning, tools, text, annotations. */
function* speech(script, call) {
  if (script.payloads) return void (yield* script.payloads);
  const say = (delta) => chunk(script, call, { role: "assistant", content: "", ...delta });
  for (const delta of words(script.reasoning)) yield say({ [script.reasoning_field ?? "reasoning"]: delta });
  for (const detail of script.reasoning_details ?? []) yield say({ reasoning_details: [detail] });
  for (const content of script.deltas ?? words(script.text)) {
    if (script.repeat) yield { chunk: say({ content }), repeat: script.repeat };
    else yield say({ content });
  }
  for (const annotation of script.annotations ?? []) yield say({ annotations: [annotation] });
  for (const call of script.tool_calls ?? []) yield say({ tool_calls: [call] });
}

// The frame is encoded once and written many times: a bench must not measure its provider.
function repeat(frame, times, between) {
  const pause = between === undefined ? [] : [{ pause: between }];
  return Array.from({ length: times }, () => [frame, ...pause]).flat();
}

function ending(script, call) {
  const finish = chunk(script, call, { content: "" }, script.finish_reason === undefined ? "stop" : script.finish_reason);
  if (!script.usage) return [finish];
  const tally = usage(script.usage);
  if (script.usage_in === "finish") return [{ ...finish, usage: tally }];
  const last = chunk(script, call, { content: "" });
  return [finish, { ...last, choices: script.usage_in === "empty_delta" ? last.choices : [], usage: tally }];
}

function errorChunk(script, call) {
  return { ...chunk(script, call, { content: "" }, "error"), error: script.error };
}

function completion(script, call) {
  const message = { role: "assistant", content: script.text ?? "", refusal: null };
  if (script.reasoning) message.reasoning = script.reasoning;
  if (script.annotations) message.annotations = script.annotations;
  return {
    ...envelope(script, call),
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: script.finish_reason ?? "stop", native_finish_reason: "stop" }],
    ...(script.usage && { usage: usage(script.usage) }),
  };
}

function chunk(script, call, delta, finish_reason = null) {
  return {
    ...envelope(script, call),
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason, native_finish_reason: finish_reason, logprobs: null }],
  };
}

function envelope(script, call) {
  return { id: `gen-${call.model}-${call.turn}`, created: 1, model: script.served ?? call.model, provider: "Loopback" };
}

function usage({ reasoning_tokens = 0, prompt_tokens = 0, completion_tokens = 0, ...more }) {
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    completion_tokens_details: { reasoning_tokens },
    ...more,
  };
}

// A script gives the cost as text, so that its digits reach the wire as they stand: no float in between.
const rawCost = (text) => text.replace(/"cost":"([-+.\deE]+)"/g, '"cost":$1');

const words = (text) => (Array.isArray(text) ? text : (text?.match(/\s*\S+\s*|\s+/g) ?? []));

function giantLine(bytes) {
  const block = Buffer.alloc(65536, "x");
  const blocks = Array.from({ length: Math.ceil(bytes / block.length) }, () => ({ bytes: block, events: 0 }));
  return [{ bytes: encode('data: {"filler":"'), events: 0 }, ...blocks, { bytes: encode('"}\n\n'), events: 1 }];
}

function cutAt(steps, limit) {
  const kept = [];
  let room = limit;
  for (const step of steps) {
    if (!step.bytes) kept.push(step);
    else if (step.bytes.length <= room) kept.push(step);
    else if (room > 0) kept.push({ bytes: step.bytes.subarray(0, room), events: 0 });
    if (step.bytes) room -= step.bytes.length;
    if (room <= 0) break;
  }
  return [...kept, { cut: true }];
}

/** `split` is a size, or a list of offsets. Pieces leave in turns of their own, or the kernel would glue them together. */
function splitUp(steps, split) {
  const pieces = [];
  let offset = 0;
  for (const step of steps) {
    if (!step.bytes) {
      pieces.push(step);
      continue;
    }
    const end = offset + step.bytes.length;
    const inside = typeof split === "number" ? multiples(split, offset, end) : split.filter((at) => at > offset && at < end);
    let from = offset;
    for (const at of [...inside, end]) {
      const bytes = step.bytes.subarray(from - offset, at - offset);
      pieces.push({ bytes, events: at === end ? step.events : 0 });
      if (at !== end || cutsAt(split, end)) pieces.push({ pause: 0 });
      from = at;
    }
    offset = end;
  }
  return glue(pieces);
}

const cutsAt = (split, at) => (typeof split === "number" ? at % split === 0 : split.includes(at));

function multiples(size, from, to) {
  const found = [];
  for (let at = (Math.floor(from / size) + 1) * size; at < to; at += size) found.push(at);
  return found;
}

// A piece may span frames: two frames without a cut between them leave as one write.
function glue(steps) {
  const glued = [];
  for (const step of steps) {
    const last = glued.at(-1);
    if (step.bytes && last?.bytes) glued[glued.length - 1] = { bytes: Buffer.concat([last.bytes, step.bytes]), events: last.events + step.events };
    else glued.push(step);
  }
  return glued;
}
