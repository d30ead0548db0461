// Answers the chat of the page: the panel, the analysis and the answer are one message.
import { createUIMessageStreamResponse } from "ai";
import { fuse } from "llm-fuse";
import { toUIMessageStream } from "llm-fuse/ai-sdk";

export const dynamic = "force-dynamic";

// This key pays for every visitor. Authenticate visitors first.
const { OPENROUTER_API_KEY: apiKey = "none", BASE_URL: baseURL } = process.env;
const { PANEL, ANALYST, WRITER } = process.env;
const panel = PANEL
  ? { analysis_models: PANEL.split(","), analyst: ANALYST, writer: WRITER }
  : { preset: "general-fast" };

// Selects text that is still valid. Text that a run has withdrawn is marked with `void`.
const isText = (part) => part.type === "text" && !part.providerMetadata?.["llm-fuse"]?.void;
const textOf = ({ parts }) =>
  parts
    .filter(isText)
    .map(({ text }) => text)
    .join("");

export async function POST(request) {
  const { messages } = await request.json();
  const run = fuse(
    {
      ...panel,
      messages: messages.map((message) => ({ role: message.role, content: textOf(message) })),
    },
    { apiKey, baseURL, signal: request.signal },
  );
  return createUIMessageStreamResponse({ stream: toUIMessageStream(run) });
}
