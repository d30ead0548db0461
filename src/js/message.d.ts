// The assistant's message that goes into the next request.

/**
 * An assistant's message in the form of Chat Completions. Further fields, such as
 * `reasoning_content` or a call's `extra_content`, and `signed` go to the same model only.
 */
export interface AssistantMessage {
  /** The role of the message. */
  role: "assistant";
  /** `null` if there are only `tool_calls`. */
  content: string | null;
  /** Calls of the caller's tools. A field beyond these four goes back to the same model. */
  tool_calls?: {
    id: string;
    type: "function";
    function: { name: string; arguments: string };
    [field: string]: unknown;
  }[];
  /** Who signed the message, and the blocks or items that this provider must see again. */
  signed?: {
    provider: string;
    model: string;
    dialect: "chat" | "messages" | "responses";
    content?: unknown[];
  };
  [field: string]: unknown;
}
