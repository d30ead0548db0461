// The type of the assistant's message for the next request.

/**
 * An assistant's message in the form of Chat Completions. The message may have further fields, such
 * as `reasoning_content`, and its calls may have further fields, such as `extra_content`. These
 * fields and `signed` are sent only to the model that wrote the message.
 */
export interface AssistantMessage {
  /** The role of the message. */
  role: "assistant";
  /** `null` if there are only `tool_calls`. */
  content: string | null;
  /**
   * Calls of tools that the caller must run. Further fields of a call are sent only to the model
   * that wrote the message.
   */
  tool_calls?: {
    id: string;
    type: "function";
    function: { name: string; arguments: string };
    [field: string]: unknown;
  }[];
  /**
   * The model that signed the message, and the signed blocks or items. The model's provider
   * requires them in the next request.
   */
  signed?: {
    provider: string;
    model: string;
    dialect: "chat" | "messages" | "responses";
    content?: unknown[];
  };
  [field: string]: unknown;
}

/**
 * The writer's call of a tool that the caller must run. `arguments` are exactly what the model
 * wrote, usually JSON.
 */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}
