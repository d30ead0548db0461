// Calls the newest JavaScript SDKs with their default retries. Exports one function for each SDK.
// Each function takes a job and returns the text of the answer.
//
// A job has `url`, `key`, `timeoutMs` and `stream`. Some SDKs send no `x-stainless-retry-count`
// with a retry. For these SDKs, a job also has `headers`, which contain an `Idempotency-Key`.

import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { ChatOpenAI } from "@langchain/openai";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { generateText, streamText } from "ai";
import OpenAI from "openai";

const model = "openrouter/fusion";
const prompt = "Is the sky blue?";
const messages = [{ role: "user", content: prompt }];

/** Returns the texts of a stream as one text. */
async function joined(stream, textOf) {
  let text = "";
  for await (const part of stream) text += textOf(part) ?? "";
  return text;
}

const openai = ({ url, key, timeoutMs }) =>
  new OpenAI({ apiKey: key, baseURL: `${url}/v1`, timeout: timeoutMs });

const aiSdk =
  (toModel) =>
  async ({ stream, headers, timeoutMs, ...job }) => {
    const options = { model: toModel(job)(model), prompt, headers };
    if (!stream) return (await generateText({ ...options, timeout: timeoutMs })).text;
    let failure;
    const onError = ({ error }) => {
      failure = error;
    };
    const text = await joined(streamText({ ...options, onError }).textStream, (part) => part);
    if (failure) throw failure;
    return text;
  };

const provided =
  (create) =>
  ({ url, key }) =>
    create({ apiKey: key, baseURL: `${url}/v1` });

export const clients = {
  "openai, chat": async ({ stream, ...job }) => {
    const { completions } = openai(job).chat;
    if (!stream) {
      return (await completions.create({ model, messages })).choices[0].message.content;
    }
    const chunks = await completions.create({ model, messages, stream });
    return joined(chunks, ({ choices }) => choices[0]?.delta.content);
  },
  "openai, responses": async ({ stream, ...job }) => {
    const { responses } = openai(job);
    if (!stream) return (await responses.create({ model, input: prompt })).output_text;
    const events = await responses.create({ model, input: prompt, stream });
    return joined(events, ({ type, delta }) =>
      type === "response.output_text.delta" ? delta : "",
    );
  },
  "@anthropic-ai/sdk": async ({ url, key, timeoutMs, stream }) => {
    const client = new Anthropic({ apiKey: key, baseURL: url, timeout: timeoutMs });
    const asked = { model, messages, max_tokens: 500 };
    const message = stream
      ? await client.messages.stream(asked).finalMessage()
      : await client.messages.create(asked);
    return message.content.at(-1).text;
  },
  "ai + @ai-sdk/openai": aiSdk(provided(createOpenAI)),
  "ai + @ai-sdk/openai, chat": aiSdk((job) => provided(createOpenAI)(job).chat),
  "ai + @openrouter/ai-sdk-provider": aiSdk((job) => provided(createOpenRouter)(job).chat),
  "@langchain/openai": async ({ url, key, timeoutMs, stream, headers }) => {
    const chat = new ChatOpenAI({
      model,
      apiKey: key,
      timeout: timeoutMs,
      configuration: { baseURL: `${url}/v1` },
    });
    const options = { options: { headers } };
    if (!stream) return (await chat.invoke(prompt, options)).text;
    return joined(await chat.stream(prompt, options), ({ text }) => text);
  },
};

/**
 * Returns whether an SDK marks a retry with `x-stainless-retry-count`. Other SDKs need an
 * `Idempotency-Key`.
 */
export const marksRetries = (name) => /^openai|^@anthropic/.test(name);
