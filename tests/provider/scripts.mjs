// Scripts are plain JSON, so a test inside a page or a Worker can send them. These helpers build
// the common ones. A script works in every dialect: /chat/completions, /responses or /messages.
//
// Content
//   text | deltas: [..] (+ repeat: n)
//   reasoning, reasoning_field ("reasoning_content": the reasoning itself, not a summary)
//   reasoning_details: uses() is a hosted tool's call. In /responses an "openrouter:" tool is
//     OpenRouter's item, others are OpenAI's
//   annotations: cites() · refusal · tool_calls: calls()
//   parts: [{any of these}, ...], if the order matters
//   finish_reason: chat's value or the dialect's own; null: none
//   usage { prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cache_write_tokens,
//     cost: "0.000123" (text: its digits are sent unchanged) }
//   usage_in: "finish" | "empty_delta" (chat; default: a chunk with empty choices)
//   served: the model that the answer names
//   payloads: [raw data texts] · echo: true (answers with the request)
// Failures
//   error: { code, message, metadata }: mid-stream and last, or with a status >= 400 the whole
//     answer
//   error_as: for a whole answer "openai" | "openrouter"; mid-stream in chat "bare" | "choice", in
//     responses "error" | "nested" | "response.error" (default response.failed), in messages
//     "openrouter" | "unnamed"
// Refusals
//   rejects: [parameters] or { parameter: message }, paths as "reasoning.effort": a 400 that names
//     it
//   host: "openrouter" accepts OpenRouter's fields, tools and bearer token; "xai" accepts max_turns
//   request-validation/ refuses what the API itself would refuse, in every script
// Delivery
//   done: false (no [DONE], no message_stop); true: also after an error
//   form: "docs" (responses: response.content_part.delta and response.done, which OpenRouter's
//     guide has and its schema lacks)
//   comments { before: n, every_ms, between: true } (pings in messages)
//   bom · newline: "\r\n" | "\r" · split: n | [offsets]
//   delay { headers_ms, first_ms, between_ms (0: each delta in its own turn) }
//   stall: "headers" | "first" | { after: deltas }
//   cut: "headers" | { bytes } | { after: deltas, wait_ms }. At a break a browser drops
//     text that it has not delivered: use wait_ms if a test needs it
//   endless: text · giant_line: bytes · bytes_base64
// Without a stream
//   json: true (as for a request without `stream`)
//   status, body (text or JSON), headers, content_type · redirect: location
//   models: [ids] (a list of models)
// Several calls
//   sequence: [script, ...] by call; the last one repeats
//   rounds: [script, ...] of a tool loop. The answer is the first round whose calls are not in the
//     request yet. A round is skipped if the request does not offer its tools, or has tool_choice
//     none. finish_reason "pause_turn" ends the answer in messages; in other dialects the next
//     round follows in the same answer
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
 * `whole`, the arguments are sent as one piece.
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
