// Reads a script. Returns the parts of its answer in order, in the same format for all dialects.

/**
 * Yields the parts of a script. A part is one of these:
 *
 * - { reasoning, field }: the deltas of reasoning, and the name of the field for them.
 * - { used, detail }: a call of a hosted tool, and its reasoning detail.
 * - { detail }: any other reasoning detail. Only the chat dialect sends it.
 * - { text, repeat, annotations }: the deltas of text, how often to send them, and citations.
 * - { refusal }: the deltas of a refusal.
 * - { call }: a call of the caller's tool. `pieces` are the parts of its arguments.
 */
export function* parts(script) {
  let calls = 0;
  let uses = 0;
  const round = script.round ?? 1;
  for (const part of script.parts ?? [script]) {
    if (part.reasoning)
      yield {
        reasoning: splitWords(part.reasoning),
        field: part.reasoning_field ?? script.reasoning_field ?? "reasoning",
      };
    for (const detail of part.reasoning_details ?? []) {
      if (detail.type === "reasoning.server_tool_call")
        yield { used: { ...read(detail), id: `${round}_${++uses}` }, detail };
      else yield { detail };
    }
    const text = part.deltas ?? splitWords(part.text);
    if (text.length || part.annotations?.length)
      yield { text, repeat: part.repeat ?? 1, annotations: part.annotations ?? [] };
    if (part.refusal) yield { refusal: splitWords(part.refusal) };
    for (const call of part.tool_calls ?? [])
      yield { call: { ...call, id: call.id ?? `call_${round}_${++calls}`, pieces: pieces(call) } };
  }
}

export const finishReason = (script) => {
  if (script.finish_reason !== undefined) return script.finish_reason;
  return (script.parts ?? [script]).some((part) => part.tool_calls?.length) ? "tool_calls" : "stop";
};

const splitWords = (text) => (Array.isArray(text) ? text : (text?.match(/\s*\S+\s*|\s+/g) ?? []));

/** Returns a citation with flat fields, as in Responses. Chat Completions nests the same fields. */
export const flatCitation = ({ type, url_citation, ...more }) => ({
  type,
  ...more,
  ...url_citation,
});

export const parseJson = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Returns the objects of a list. Returns [] for other values, because a program under test may send
 * any value.
 */
export const objectsOf = (value) =>
  Array.isArray(value) ? value.filter((entry) => entry && typeof entry === "object") : [];

/** Returns the text of a message's content, which is a string or a list of parts. */
export const textOf = (content) =>
  typeof content === "string"
    ? content
    : objectsOf(content)
        .map((part) => part.text ?? "")
        .join("");

/**
 * Returns the arguments of a call in pieces. The script has them as text, as a list of texts, or as
 * JSON.
 */
function pieces({ arguments: given, whole }) {
  if (Array.isArray(given)) return given;
  const text = typeof given === "string" ? given : JSON.stringify(given ?? {});
  return whole ? [text] : (text.match(/.{1,7}/gsu) ?? []);
}

function read({ tool_name, arguments: input, result }) {
  const outcome = parseJson(result) ?? {};
  const failed = outcome.error !== undefined || outcome.status === "failed";
  return {
    tool: tool_name,
    name: tool_name.replace(/^.*:/, ""),
    input: parseJson(input) ?? {},
    outcome,
    failed,
  };
}
