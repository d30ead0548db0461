/**
 * Returns the fields of a request that its response repeats.
 * @param {any} body
 */
export function echoedFields(body) {
  /** @param {string} name @param {unknown} [otherwise] */
  const echo = (name, otherwise = null) => body[name] ?? otherwise;
  return {
    object: "response",
    instructions: echo("instructions"),
    max_output_tokens: echo("max_output_tokens"),
    metadata: echo("metadata", {}),
    parallel_tool_calls: echo("parallel_tool_calls", true),
    previous_response_id: null,
    reasoning: echo("reasoning"),
    store: false,
    temperature: echo("temperature"),
    text: echo("text", { format: { type: "text" } }),
    tool_choice: echo("tool_choice", "auto"),
    tools: echo("tools", []),
    top_p: echo("top_p"),
    presence_penalty: echo("presence_penalty"),
    frequency_penalty: echo("frequency_penalty"),
    truncation: echo("truncation", "disabled"),
  };
}
