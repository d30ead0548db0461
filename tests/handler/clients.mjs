// Creates real clients in the same way as their users do. The server of these clients is a handler.

import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { HTTPClient, OpenRouter } from "@openrouter/sdk";
import OpenAI from "openai";

const KEY = "sk-client-0badc0de";

const usual = { apiKey: KEY, maxRetries: 0 };

export const openai = ({ baseURL, fetch }, more) =>
  new OpenAI({ ...usual, baseURL, fetch, ...more });

/** The base URL of Anthropic's client has no `/v1`. */
export const anthropic = ({ baseURL, fetch }, more) =>
  new Anthropic({ ...usual, baseURL: baseURL.replace(/\/v1$/, ""), fetch, ...more });

export const openrouter = ({ baseURL, fetch }) =>
  new OpenRouter({
    apiKey: KEY,
    serverURL: baseURL,
    retryConfig: { strategy: "none" },
    ...(fetch && { httpClient: new HTTPClient({ fetcher: fetch }) }),
  });

export const aiOpenRouter = ({ baseURL, fetch }) =>
  createOpenRouter({ apiKey: KEY, baseURL, fetch });

export const aiOpenAI = ({ baseURL, fetch }) => createOpenAI({ apiKey: KEY, baseURL, fetch });
