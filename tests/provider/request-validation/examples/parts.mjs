// Messages, tools and bodies that the examples share.

import { sign } from "../../dialect/messages.mjs";

export const user = { role: "user", content: "Hello" };
export const parameters = { type: "object", properties: {} };
export const tools = {
  chat: [{ type: "function", function: { name: "look", parameters } }],
  responses: [{ type: "function", name: "look", parameters }],
  messages: [{ name: "look", input_schema: parameters }],
};
export const called = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
export const use = { type: "tool_use", id: "c1", name: "look", input: {} };
export const result = { type: "tool_result", tool_use_id: "c1", content: "found" };
export const searching = {
  type: "server_tool_use",
  id: "srvtoolu_1",
  name: "web_search",
  input: { query: "q" },
};
export const searched = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: [
    {
      type: "web_search_result",
      url: "https://a.example/",
      title: "A",
      encrypted_content: "sealed-https://a.example/",
    },
  ],
};
export const thought = { type: "thinking", thinking: "Hm.", signature: sign("Hm.") };
export const item = { type: "function_call", call_id: "c1", name: "look", arguments: "{}" };
export const output = { type: "function_call_output", call_id: "c1", output: "found" };
export const reasoning = {
  type: "reasoning",
  id: "rs_1_0",
  summary: [],
  encrypted_content: "sealed-rs_1_0",
};
export const chat = (...messages) => ({ messages: [user, ...messages], tools: tools.chat });
export const responses = (...input) => ({ input: [user, ...input], tools: tools.responses });
export const messages = (...more) => ({ messages: [user, ...more], tools: tools.messages });
export const assistant = (...content) => ({ role: "assistant", content });
export const results = (...content) => ({ role: "user", content });

export const bodies = {
  chat: { messages: [user] },
  responses: { input: [user] },
  messages: { max_tokens: 100, messages: [user] },
};
