// Makes a plan for delivery.mjs from a script, a call and the call's dialect. The plan is {
// headersDelay?, status, headers, steps }. A step is { bytes, events }, { pause: ms }, { stall:
// true } or { cut: true }.

const encode = (text) => Buffer.from(text, "utf8");

export function answer(script, call, dialect) {
  if (script.echo)
    script = { ...script, text: JSON.stringify({ headers: call.headers, body: call.body }) };
  const document = whole(script, call, dialect);
  const plan = {
    status: script.status ?? 200,
    headers: {},
    headersDelay: script.delay?.headers_ms,
    steps: document ? [document] : stream(script, call, dialect),
  };
  if (script.hold) plan.hold = true;
  if (script.stall === "headers") plan.headersDelay = Infinity;
  if (script.cut === "headers") plan.status = null;
  plan.headers = {
    "content-type": script.content_type ?? (document ? kind(script) : "text/event-stream"),
    ...script.headers,
  };
  if (script.redirect) plan.headers.location = script.redirect;
  return plan;
}

const kind = ({ body }) =>
  typeof body !== "string" ? "application/json" : /^\s*</.test(body) ? "text/html" : "text/plain";

/** Returns an answer that is sent as one document: a body, a list of models, a refusal or JSON. */
function whole(script, call, dialect) {
  const text = (text) => ({ bytes: encode(text), events: text ? 1 : 0 });
  const json = (value) => text(rawCost(JSON.stringify(value)));
  if (script.body !== undefined)
    return text(typeof script.body === "string" ? script.body : JSON.stringify(script.body));
  if (script.models) return json(dialect.models(script.models));
  if (script.error && script.status >= 400)
    return json(dialect.refusal(script.error, script.error_as));
  const streamed =
    call.body?.stream === true || script.endless !== undefined || script.bytes_base64 !== undefined;
  if (script.json || !streamed) return json(new dialect.Answer(script, call).document());
  return undefined;
}

function stream(script, call, dialect) {
  let steps =
    script.bytes_base64 !== undefined
      ? [{ bytes: Buffer.from(script.bytes_base64, "base64"), events: 0 }]
      : events(script, call, dialect);
  if (script.bom) steps.unshift({ bytes: Buffer.from([0xef, 0xbb, 0xbf]), events: 0 });
  if (script.cut?.bytes !== undefined) steps = cutAt(steps, script.cut.bytes);
  if (script.split !== undefined) steps = splitUp(steps, script.split);
  return steps;
}

function events(script, call, dialect) {
  const newline = script.newline ?? "\n";
  const frame = (lines) => ({ bytes: encode(`${lines}\n\n`.replaceAll("\n", newline)), events: 1 });
  const write = ({ event, data }) => {
    const text = typeof data === "string" ? data : rawCost(JSON.stringify(data));
    return frame(event === undefined ? `data: ${text}` : `event: ${event}\ndata: ${text}`);
  };
  const comment = { ...frame(dialect.keepAlive), events: 0 };
  const reply = new dialect.Answer(script, call);
  const steps = [];

  for (let i = 0; i < (script.comments?.before ?? 0); i++)
    steps.push(comment, { pause: script.comments.every_ms ?? 0 });
  if (script.delay?.first_ms) steps.push({ pause: script.delay.first_ms });
  if (script.stall === "first") steps.push({ stall: true });
  if (script.giant_line) steps.push(...giantLine(script.giant_line));

  const raw = script.payloads?.map((data) => ({ event: reply.named(data), data, isDelta: true }));
  if (!raw) for (const event of reply.opening()) steps.push(write(event));
  let deltas = 0;
  const pause = pauseBetween(script.delay);
  for (const event of raw ?? reply.content()) {
    if (!event.isDelta) {
      steps.push(write(event));
      continue;
    }
    if (pause && steps.length) steps.push(pause);
    if (deltas && script.comments?.between) steps.push(comment);
    for (const step of repeat(write(event), event.repeat ?? 1, pause)) steps.push(step);
    deltas += 1;
    if (script.stall?.after === deltas) steps.push({ stall: true });
    if (script.cut?.after === deltas) steps.push({ pause: script.cut.wait_ms ?? 0 }, { cut: true });
  }
  // Repeat the text to 16 kB. WebKit delivers all received chunks before the page's code runs, so
  // many small chunks would delay an abort by minutes.
  if (script.endless)
    steps.push({
      endless: encode(script.endless.repeat(Math.ceil(16_384 / script.endless.length))),
    });
  if (script.error) for (const event of reply.midStreamError()) steps.push(write(event));
  else if (!raw) for (const event of reply.ending()) steps.push(write(event));
  if (script.done ?? !script.error)
    for (const event of reply.doneMarker()) steps.push(write(event));
  return steps;
}

/** Returns the step between two deltas, if there is one. */
function pauseBetween({ between_ms, is_shared } = {}) {
  if (between_ms === undefined) return undefined;
  return is_shared ? { shared_ms: between_ms } : { pause: between_ms };
}

// Encodes the frame once and writes it many times. Encoding takes time, and a benchmark must not
// measure the time of the provider.
function repeat(frame, times, pause) {
  if (times === 1) return [frame];
  return Array.from({ length: times }, () => (pause ? [frame, pause] : [frame])).flat();
}

// Writes a cost as a JSON number. The script has the cost as text, so that its digits stay exact.
const rawCost = (text) => text.replace(/"cost":"([-+.\deE]+)"/g, '"cost":$1');

function giantLine(bytes) {
  const block = Buffer.alloc(65536, "x");
  const blocks = Array.from({ length: Math.ceil(bytes / block.length) }, () => ({
    bytes: block,
    events: 0,
  }));
  return [
    { bytes: encode('data: {"filler":"'), events: 0 },
    ...blocks,
    { bytes: encode('"}\n\n'), events: 1 },
  ];
}

function cutAt(steps, limit) {
  const kept = [];
  let remaining = limit;
  for (const step of steps) {
    if (!step.bytes) kept.push(step);
    else if (step.bytes.length <= remaining) kept.push(step);
    else if (remaining > 0) kept.push({ bytes: step.bytes.subarray(0, remaining), events: 0 });
    if (step.bytes) remaining -= step.bytes.length;
    if (remaining <= 0) break;
  }
  return [...kept, { cut: true }];
}

/**
 * Splits the bytes at multiples of a size, or at a list of offsets. Each piece is sent in its own
 * turn of the event loop, because the kernel would otherwise join the pieces.
 */
function splitUp(steps, split) {
  const pieces = [];
  let offset = 0;
  for (const step of steps) {
    if (!step.bytes) {
      pieces.push(step);
      continue;
    }
    const end = offset + step.bytes.length;
    const inside =
      typeof split === "number"
        ? multiples(split, offset, end)
        : split.filter((at) => at > offset && at < end);
    let from = offset;
    for (const at of [...inside, end]) {
      const bytes = step.bytes.subarray(from - offset, at - offset);
      pieces.push({ bytes, events: at === end ? step.events : 0 });
      if (at !== end || cutsAt(split, end)) pieces.push({ pause: 0 });
      from = at;
    }
    offset = end;
  }
  return mergeByteSteps(pieces);
}

const cutsAt = (split, at) => (typeof split === "number" ? at % split === 0 : split.includes(at));

function multiples(size, from, to) {
  const found = [];
  for (let at = (Math.floor(from / size) + 1) * size; at < to; at += size) found.push(at);
  return found;
}

// Merges consecutive steps with bytes, so that a split piece can contain parts of two events.
function mergeByteSteps(steps) {
  const merged = [];
  for (const step of steps) {
    const last = merged.at(-1);
    if (step.bytes && last?.bytes)
      merged[merged.length - 1] = {
        bytes: Buffer.concat([last.bytes, step.bytes]),
        events: last.events + step.events,
      };
    else merged.push(step);
  }
  return merged;
}
