// Helpers that build scripts. A script describes one answer of the loopback provider. Scripts are
// plain JSON, so a test inside a page or a Worker can send them. A script works in every dialect:
// /chat/completions, /responses or /messages. The fields of a script are
//
// Content
// - text: the text, which is sent in several deltas.
// - deltas: a list of texts, instead of `text`. `repeat: n` sends the deltas n times.
// - reasoning: a text. With `reasoning_field: "reasoning_content"`, the text is sent as full
//   reasoning. Otherwise it is sent as a summary.
// - reasoning_details: the calls of hosted tools, made by uses(). In /responses, a tool whose name
//   begins with "openrouter:" is an item of OpenRouter. Other tools are items of OpenAI.
// - annotations: citations, made by cites().
// - refusal: the text of a refusal.
// - tool_calls: made by calls().
// - parts: [{ any of these }, ...]. Use this field if the order of the parts matters.
// - finish_reason: a value of Chat Completions or of the dialect. If it is null, no finish reason
//   is sent.
// - usage: { prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cache_write_tokens,
//   cost }. `cost: "0.000123"` is text, and its digits are sent unchanged.
// - usage_in: for chat, the chunk that contains the usage: "finish" or "empty_delta". By default,
//   this is a chunk with empty choices.
// - served: the model that the answer names.
// - payloads: [raw data texts].
// - echo: if true, the answer is the request.
//
// Failures
// - error: { code, message, metadata }. The error is sent at the end of the stream. If `status` is
//   400 or more, the error is the whole answer.
// - error_as: the format of the error. For a whole answer, "openai" or "openrouter". In a stream of
//   chat, "bare" or "choice". In a stream of messages, "openrouter" or "unnamed". In a stream of
//   responses, "error", "nested" or "response.error". There, the default is response.failed.
//
// Refusals
// - rejects: [parameters] or { parameter: message }. If the request has one of these parameters,
//   the answer is a 400 that names the parameter. A nested parameter is a path such as
//   "reasoning.effort".
// - host: the API that validates the request. "openrouter" accepts OpenRouter's fields, tools and
//   bearer token. "xai" accepts max_turns.
// - For every script, request-validation/ refuses requests that the real API would refuse.
//
// Delivery
// - done: if false, sends no [DONE] and no message_stop. If true, sends them even after an error.
// - form: "docs" sends events that are in OpenRouter's guide but not in its schema. In /responses,
//   these are response.content_part.delta and response.done.
// - comments: { before: n, every_ms, between: true }. In messages, the comments are pings.
// - bom: if true, a byte order mark begins the stream.
// - newline: the line end, "\r\n" or "\r". The default is "\n".
// - split: n, or a list of offsets, at which the bytes are split.
// - delay: { headers_ms, first_ms, between_ms, is_shared }. `between_ms: 0` sends each delta in its
//   own turn of the event loop. If `is_shared`, streams with the same `between_ms` send at the same
//   time.
// - hold: if true, sends nothing before session.release().
// - stall: stops without an end at "headers", "first" or { after: deltas }.
// - cut: breaks the connection at "headers", { bytes } or { after: deltas, wait_ms }. If a
//   connection breaks, a browser drops text that the page has not read. If a test needs this text,
//   set wait_ms.
// - endless: a text that is repeated without end.
// - giant_line: the number of bytes of one line.
// - bytes_base64: raw bytes.
//
// Without a stream
// - json: if true, answers as if the request had no `stream`.
// - status, headers, content_type: those of the response.
// - body: text or JSON.
// - redirect: the location.
// - models: [ids]. The answer is a list of models.
//
// Several calls
// - sequence: [script, ...], one for each call. The last script answers all later calls.
// - rounds: [script, ...] of a tool loop. The answer is the first round whose calls are not in the
//   request yet. A round is skipped if the request does not offer the round's tools, or has
//   tool_choice none. In messages, finish_reason "pause_turn" ends the answer. In the other
//   dialects, the next round then follows in the same answer.
//
// The script of the model "GET /models" answers that route. The script of "*" answers for every
// model without its own script. If there is no "*", such a model is answered with OpenRouter's 404.

export const says = (text, more) => ({ text, ...more });

/** Returns a script that refuses a call, in the format of the call's dialect. */
export const refuses = (status, message, more) => ({
  status,
  error: { code: status, message, ...more },
});

/** OpenRouter's refusals by status. */
export const failures = {
  400: refuses(400, "Invalid request parameters"),
  401: refuses(401, "Missing Authentication header"),
  402: refuses(402, "Insufficient credits. Add more using https://openrouter.ai/credits"),
  403: refuses(403, "Key limit exceeded"),
  404: refuses(404, "No endpoints found for this model."),
  408: refuses(408, "Operation timed out. Please try again later."),
  429: refuses(429, "Rate limit exceeded"),
  500: refuses(500, "Internal Server Error"),
  502: refuses(502, "Provider returned error"),
  503: refuses(503, "No provider available"),
  524: refuses(524, "Provider timed out"),
  529: refuses(529, "Provider overloaded"),
};

export const cites = (url, title) => ({
  type: "url_citation",
  url_citation: title === undefined ? { url } : { url, title, start_index: 0, end_index: 1 },
});

export const uses = (tool, args, result) => ({
  type: "reasoning.server_tool_call",
  tool_name: tool,
  tool_call_id: `call_${tool}`,
  arguments: JSON.stringify(args),
  result: JSON.stringify(result),
  id: null,
  format: null,
  index: 0,
});

/**
 * Returns a function call. `args` is JSON, text (which may be malformed) or a list of pieces. If
 * `whole` is true, the arguments are sent as one piece.
 */
export const calls = (name, args, more) => ({ name, arguments: args, ...more });

/**
 * Returns an analyst's answer with one item of each kind. Each panelist's text should contain
 * `quote`.
 */
export function analysis(labels, { quote = "all common ground", ...more } = {}) {
  const [first] = labels;
  const last = labels.at(-1);
  const quotes = (of) => of.map((response) => ({ response, quote }));
  const found = {
    consensus: [{ point: "All agree.", responses: labels, quotes: quotes(labels) }],
    contradictions: [
      {
        topic: "The degree",
        stances: labels.map((response) => ({ response, stance: `Stance of ${response}`, quote })),
      },
    ],
    partial_coverage: [
      { point: "Only one covers this.", responses: [first], quotes: quotes([first]) },
    ],
    unique_insights: [{ response: last, insight: "A rare view.", quote }],
    blind_spots: [{ point: "Nobody looked at cost." }],
  };
  return says(JSON.stringify(found), more);
}

/** A list of models in the client's format. */
export const lists = (models) => ({ models });

/** OpenRouter's list of models with prices. */
export const priceList = (pricing) => ({
  status: 200,
  body: { data: Object.entries(pricing).map(([id, price]) => ({ id, pricing: price })) },
});
