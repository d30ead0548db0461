// Scripts are plain JSON, so that a test inside a page or a Worker can send them; these helpers make the common ones.
// One script is played in whatever dialect it is asked in: /chat/completions, /responses or /messages.
//
// what is said    text | deltas: [..] (+ repeat: n) · reasoning, reasoning_field ("reasoning_content": shown as it is, not summarised)
//                 reasoning_details (uses(): work of a hosted tool; in /responses an "openrouter:" tool is OpenRouter's item, another OpenAI's)
//                 annotations (cites()) · refusal · tool_calls (calls()) · parts: [{any of these}, ...] where the order matters
//                 finish_reason (chat's word, or the dialect's own; null: none)
//                 usage { prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cache_write_tokens, cost: "0.000123" (text: goes out digit by digit) }
//                 usage_in: "finish" | "empty_delta" (chat; default: a chunk with empty choices) · served (the model named in the answer)
//                 payloads: [raw data texts] · echo: true (says what it was asked)
// what fails      error: { code, message, metadata }, mid-stream and last; with a status of 400 or more, instead of the stream
//                 error_as, from the start: "openai" | "openrouter"; mid-stream in chat: "bare" | "choice",
//                 in responses: "error" | "nested" | "response.error" (default response.failed), in messages: "openrouter" | "unnamed"
// what is refused rejects: [parameters] or { parameter: the words for it } (paths as "reasoning.effort"): a 400 that names it. What the API itself would
//                 refuse (rules/) is refused whatever the script says. host: "openrouter": its fields, tools and bearer are in order; "xai": its limit of turns is
// how it is sent  done: false (no [DONE], no message_stop; true: also after an error) · form: "docs" (responses: the events of OpenRouter's guide,
//                 which its schema does not have: response.content_part.delta and response.done)
//                 comments { before: n, every_ms, between: true } (pings in messages)
//                 bom · newline: "\r\n" | "\r" · split: n | [offsets]
//                 delay { headers_ms, first_ms, between_ms (0: every delta in a turn of its own) }
//                 stall: "headers" | "first" | { after: deltas } · cut: "headers" | { bytes } | { after: deltas, wait_ms }
//                 (a browser forgets what it had not handed on when a connection breaks: wait where a test wants the text)
//                 endless: text · giant_line: bytes · bytes_base64
// instead of SSE  json: true (as for whoever does not ask for a stream) · status, body (text or JSON), headers, content_type · redirect: location
//                 models: [ids] (a list of models)
// call by call    sequence: [script, ...], the last one stays
//                 rounds: [script, ...] of one tool loop: the first one whose calls the request does not bring back yet. Without the tools it
//                 needs (or with tool_choice none) a round is left out. finish_reason "pause_turn" pauses in messages; elsewhere the round runs on.
// The script of the model "GET /models" answers that. The script of the model "*" answers for every model without one; without it, such a model is OpenRouter's 404.

export const says = (text, more) => ({ text, ...more });

/** A refusal, in the words of the dialect that is asked in. */
export const refuses = (status, message, more) => ({ status, error: { code: status, message, ...more } });

/** A fault of the provider for which every client has a word, as OpenRouter sends it. */
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

export const cites = (url, title) => ({ type: "url_citation", url_citation: title === undefined ? { url } : { url, title, start_index: 0, end_index: 1 } });

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

/** A call of the caller's own function: arguments are JSON, text as malformed as it may be, or a list of pieces. `whole`: in one piece. */
export const calls = (name, args, more) => ({ name, arguments: args, ...more });

/** An analyst's answer with one item of each kind; `quote` should stand in every panelist's text. */
export function analysis(labels, { quote = "common ground", ...more } = {}) {
  const [first] = labels;
  const last = labels.at(-1);
  const quotes = (of) => of.map((response) => ({ response, quote }));
  const found = {
    consensus: [{ point: "All agree.", responses: labels, quotes: quotes(labels) }],
    contradictions: [{ topic: "The degree", stances: labels.map((response) => ({ response, stance: `Stance of ${response}`, quote })) }],
    partial_coverage: [{ point: "Only one covers this.", responses: [first], quotes: quotes([first]) }],
    unique_insights: [{ response: last, insight: "A rare view.", quote }],
    blind_spots: [{ point: "Nobody looked at cost." }],
  };
  return says(JSON.stringify(found), more);
}

/** A list of models, in the form of whoever asks. */
export const lists = (models) => ({ models });

/** OpenRouter's list of models, as far as prices go. */
export const priceList = (pricing) => ({ status: 200, body: { data: Object.entries(pricing).map(([id, price]) => ({ id, pricing: price })) } });
