#!/usr/bin/env node

// Makes runs with criteria, escalation and checks of contradictions on a real server, such as
// llama.cpp's llama-server. `npm test` does not run this file.
//
//   npm run build
//   BASE_URLS=http://127.0.0.1:8080/v1,http://127.0.0.1:8081/v1 node tests/real/deliberation.mjs
//
// BASE_URLS   the server of the panel and the writer, and the server of the analyst. For small
//             models, start the second server with `--chat-template-file tests/real/tools.jinja`
// EXTRA_BODY  further fields of the analyst's request. The default is llama.cpp's repeat penalty,
//             because small models repeat themselves
// SEEDS       the seeds to try, separated by commas. The default is "1,2,3,4,5,6"

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { pipeline } from "node:stream/promises";
import { webFetch } from "llm-fuse/tools";
import { printable, printableJson } from "../../examples/printable.mjs";
import { ask } from "./ask.mjs";
import { bridgeSite, shown } from "./bridges.mjs";

const {
  BASE_URLS,
  EXTRA_BODY = '{"repeat_penalty":1.15,"repeat_last_n":200}',
  SEEDS = "1,2,3,4,5,6",
} = process.env;
if (!BASE_URLS) {
  console.error("Set BASE_URLS to the servers of the panel and the analyst.");
  process.exit(2);
}
const [panelURL, analystURL = panelURL] = BASE_URLS.split(",");
const modelAt = async (baseURL) => (await (await fetch(`${baseURL}/models`)).json()).data[0].id;

/** Makes the schema of the analysis require one contradiction between the answers A and B. */
function tighten({ properties }) {
  const { contradictions, ...others } = properties;
  for (const list of Object.values(others)) list.maxItems = 0;
  Object.assign(contradictions, { minItems: 1, maxItems: 1 });
  const { topic, stances } = contradictions.items.properties;
  Object.assign(topic, { minLength: 10, maxLength: 80 });
  const stance = (label) => {
    const { response, ...texts } = stances.items.properties;
    const properties = { response: { ...response, enum: [label] } };
    for (const name of Object.keys(texts))
      properties[name] = { type: "string", minLength: 10, maxLength: 80 };
    return { ...stances.items, properties };
  };
  Object.assign(stances, { minItems: 2, maxItems: 2, prefixItems: ["A", "B"].map(stance) });
  delete stances.items;
}

/**
 * Serves the analyst's server with two changes, because a small model needs help. The schema of the
 * analysis requires a contradiction. A request with tools begins with examples of calls.
 */
async function helped(target) {
  const server = http.createServer(async (request, response) => {
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += part;
    const body = text && JSON.parse(text);
    if (body?.tools?.length > 0) body.messages = [...shown, ...body.messages];
    const schema = body?.response_format?.json_schema?.schema;
    const isAnalysis = schema?.properties.contradictions !== undefined;
    if (isAnalysis) tighten(schema);
    // llama-server closes idle connections, so each request has its own connection.
    const { method } = request;
    const headers = { "content-type": "application/json" };
    const forwarded = http.request(new URL(request.url, target), { method, headers, agent: false });
    forwarded.end(body && JSON.stringify(body));
    const [answer] = await once(forwarded, "response");
    calls.push([answer.statusCode, Boolean(body?.tools?.length), isAnalysis]);
    response.writeHead(answer.statusCode, { "content-type": answer.headers["content-type"] });
    await pipeline(answer, response);
  });
  const calls = [];
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1`, calls, close };
}

const says = (model, bridge) => ({
  model,
  system: `You always answer: "The longest bridge of Bergen is the ${bridge} Bridge."`,
});

const page = await bridgeSite();
const desk = await helped(analystURL);
const [small, judge] = [`panel:${await modelAt(panelURL)}`, `desk:${await modelAt(analystURL)}`];
const read = webFetch({ allow: ["127.0.0.1"] });
const options = {
  providers: { panel: { baseURL: panelURL }, desk: { baseURL: desk.url } },
  toolHandlers: {
    web_search: () => ({
      content: `1. Bridges of Bergen\n   ${page.url}`,
      sources: [{ url: page.url, title: "Bridges of Bergen" }],
      summary: "1 page",
    }),
    web_fetch: (input, context) => read(input, context),
  },
};
const request = (seed) => ({
  prompt: "What is the longest bridge of Bergen? Answer in one sentence.",
  analysis_models: [says(small, "Askøy"), says(small, "Sotra")],
  escalate: { analysis_models: [says(small, "Nordhordland")] },
  tools: [],
  analyst: {
    model: judge,
    criteria: "Which bridge is named. Two names of the longest bridge are a contradiction.",
    verify: "contradictions",
    tools: [{ type: "openrouter:web_search" }, { type: "openrouter:web_fetch" }],
    max_completion_tokens: 900,
    extra_body: JSON.parse(EXTRA_BODY),
  },
  writer: small,
  max_completion_tokens: 60,
  seed,
  timeouts: {
    first_byte_ms: 600_000,
    idle_ms: 600_000,
    panelist_ms: 1_200_000,
    run_ms: 3_600_000,
  },
});

const seen = new Set();
for (const seed of SEEDS.split(",").map(Number)) {
  const { counts, marks, result, error } = await ask(request(seed), options);
  console.log(printable(`\nseed ${seed}: ${error ?? "completed"}`));
  console.log(printableJson(counts));
  for (const { elapsed_ms, type, index, tool, status, code, message, error } of marks) {
    const more = [index, tool, status, code, message, error?.message];
    const text = more.filter((part) => part !== undefined).join(" ");
    console.log(printable(`${String(elapsed_ms).padStart(8)} ms  ${type} ${text}`));
  }
  assert.equal(error, undefined);
  const { responses, analysis, escalation, answer } = result;
  console.log(printableJson({ responses: responses.map(({ content }) => content), analysis }));
  console.log(printableJson({ escalation, answer, opened: page.opened, calls: desk.calls }));
  assert.ok(responses.length >= 2 && answer.trim());
  if (analysis) seen.add("analysis");
  if (escalation.escalated) seen.add("escalation");
  if (analysis?.contradictions.some(({ checked }) => checked)) seen.add("check");
  if (counts["check.completed"] && page.opened.length > 0) seen.add("page of a check");
}
page.close();
desk.close();
console.log(printable(`\nseen: ${[...seen].join(", ")}`));
