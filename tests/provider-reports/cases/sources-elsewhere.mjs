// Sources that a server sends in other fields than annotations.
import {
  answer,
  completed,
  created,
  DONE,
  json,
  message,
  outputText,
  says,
  stop,
  whole,
} from "../wire.mjs";

const PERPLEXITY = [
  "https://github.com/danny-avila/LibreChat/issues/9005",
  "https://github.com/BerriAI/litellm/issues/5535",
];
const URL_A = "https://a.example/1";
const URL_B = "https://b.example/2";
const TITLED = [{ url: URL_A, title: "A" }];
const UNTITLED = [
  { url: URL_A, title: "" },
  { url: URL_B, title: "" },
];

/**
 * These functions return replies that have the fields `top` beside `choices`: in each chunk, or in
 * the last chunk only.
 */
const each = (top) => (say) => [...say.map((text) => says(text, {}, top)), stop("stop", top), DONE];
const last = (top) => (say) => [...say.map((text) => says(text)), stop("stop", top), DONE];
const row = (name, from, reply, sources = TITLED, more = {}) => ({
  name,
  from,
  roles: ["panelist", "writer"],
  reply,
  expect: { sources },
  ...more,
});
const both = {
  citations: [URL_A],
  search_results: [{ title: "A", url: URL_A, date: "2026-01-01" }],
};

export default [
  row("Perplexity: citations and search_results with each chunk", PERPLEXITY, each(both)),
  row(
    "Perplexity: citations with each chunk",
    ["https://github.com/sigoden/aichat/issues/1028"],
    each({ citations: [URL_A, URL_B] }),
    UNTITLED,
  ),
  row(
    "Perplexity: search_results with the last chunk",
    ["https://github.com/danny-avila/LibreChat/issues/6992"],
    last({ search_results: both.search_results }),
  ),
  row(
    "Perplexity: search_results after citations without titles",
    ["https://github.com/danny-avila/LibreChat/issues/6992"],
    (say) => [
      ...say.map((text) => says(text, {}, { citations: [URL_A] })),
      stop("stop", both),
      DONE,
    ],
  ),
  row("Perplexity: a whole answer", ["https://github.com/BerriAI/litellm/issues/13777"], (say) =>
    json(200, whole({ content: say.join("") }, {}, both)),
  ),
  row(
    "xAI: citations with the last chunk",
    ["https://github.com/Hiepler/llm-grok/pull/13"],
    last({ citations: [URL_A, URL_B] }),
    UNTITLED,
  ),
  row(
    "xAI: citations with the usage",
    ["https://github.com/danny-avila/LibreChat/issues/7499"],
    (say) => [
      ...say.map((text) => says(text)),
      stop(),
      { id: "c-1", choices: [], usage: { prompt_tokens: 1 }, citations: [URL_A, URL_B] },
      DONE,
    ],
    UNTITLED,
  ),
  row(
    "responses: citations of the final response",
    ["https://github.com/openclaw/openclaw/pull/3147"],
    (say) => [
      created,
      ...say.map((text) => outputText(text)),
      completed([message(say.join(""))], { citations: [URL_A, URL_B] }),
    ],
    UNTITLED,
    { dialect: "responses" },
  ),
  row(
    "a list search_sources",
    ["https://github.com/chenyme/grok2api/pull/468"],
    last({ search_sources: [{ url: URL_A, title: "A", type: "web" }] }),
  ),
  row(
    "Azure: citations in the delta's context",
    [
      "https://github.com/Azure/azure-sdk-for-js/issues/29339",
      "https://github.com/langchain-ai/langchain/pull/28472",
    ],
    (say) => [
      {
        choices: [
          {
            index: 0,
            delta: {
              role: "assistant",
              context: { citations: [{ content: "...", title: "A", url: URL_A }] },
            },
          },
        ],
      },
      ...answer.chat(say),
    ],
  ),
  row("citations of the message", ["https://github.com/BerriAI/litellm/issues/13777"], (say) =>
    json(200, whole({ content: say.join(""), citations: [{ url: URL_A, title: "A" }] })),
  ),
  row(
    "annotations after the text, each URL once",
    ["https://github.com/openai/openai-agents-js/pull/1617"],
    (say) => {
      const annotation = { type: "url_citation", url_citation: { url: URL_A, title: "A" } };
      const cited = { choices: [{ index: 0, delta: { annotations: [annotation] } }] };
      return [...say.map((text) => says(text)), cited, cited, stop(), DONE];
    },
  ),
  row(
    "citations that are no URLs",
    ["https://github.com/Panafor-Ai-Team/Aico/issues/245"],
    last({ citations: ["", null, 3, {}, "not a URL"] }),
    [],
  ),
];
