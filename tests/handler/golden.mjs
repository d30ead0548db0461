// Tests that transcripts of each endpoint equal the files in tests/golden/ and match the published
// schemas. `@openrouter/sdk` has no schema for /messages, so openrouter-messages.json is a copy of
// OpenRouter's schema.

import { readFile } from "node:fs/promises";
import * as schemas from "@openrouter/sdk/models";
import Ajv from "ajv/dist/2020.js";
import { failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { WRITER } from "../scenarios/fixtures.mjs";
import { richScripts, threePanelists } from "./fixtures.mjs";
import { framesOf, post } from "./harness.mjs";

const messages = [{ role: "user", content: "Is the sky blue?" }];

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(
  JSON.parse(await readFile(new URL("./openrouter-messages.json", import.meta.url), "utf8")),
);

/** Returns a function that throws if a value does not match the schema `name`. */
const published = (name) => {
  const validate = ajv.compile({ $ref: `openrouter#/components/schemas/${name}` });
  return (value) =>
    ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
};
// biome-ignore lint/performance/noDynamicNamespaceImportAccess: tests are not bundled.
const sdk = (name) => (value) => schemas[`${name}$inboundSchema`].parse(value);

const ENDPOINTS = {
  "chat/completions": {
    body: { model: "openrouter/fusion", messages },
    whole: sdk("ChatResult"),
    event: sdk("ChatStreamChunk"),
    done: true,
  },
  responses: {
    body: { model: "openrouter/fusion", input: "Is the sky blue?" },
    whole: sdk("OpenResponsesResult"),
    event: sdk("StreamEvents"),
    done: true,
  },
  messages: {
    body: { model: "openrouter/fusion", messages, max_tokens: 500, thinking: { type: "adaptive" } },
    whole: published("MessagesResult"),
    event: published("MessagesStreamEvents"),
    refusal: published("AnthropicMessagesErrorResponse"),
    done: false,
  },
};

/**
 * Removes values that differ between runs: ids, times, boundaries of deltas and the order of
 * panelists.
 */
function normalise(frames) {
  const panel = (data) => data?.type?.startsWith("response.fusion_call.panel.");
  const sorted = frames
    .map(({ data, event }) => ({ event, data }))
    .sort(({ data: a }, { data: b }) => (panel(a) && panel(b) ? a.index - b.index : 0));
  const merged = [];
  for (const { event, data } of sorted) {
    const last = merged.at(-1)?.data;
    const [text, before] = [textOf(data), textOf(last)];
    if (text && before && text.place === before.place) before.set(before.text + text.text);
    else merged.push({ ...(event && { event }), data });
  }
  return JSON.parse(
    JSON.stringify(merged, (key, value) => {
      if (/^(?:created|created_at|completed_at)$/.test(key) && typeof value === "number") return 0;
      if (key === "sequence_number") return undefined;
      return typeof value === "string" ? value.replace(/[0-9a-f]{32}/g, "<id>") : value;
    }),
  );
}

/**
 * Returns the text of an event's delta, the place to which the text belongs, and a function that
 * replaces the text.
 */
function textOf(data) {
  const delta = data?.choices?.[0]?.delta;
  if (typeof delta?.content === "string" && delta.content && !data.choices[0].finish_reason)
    return { place: "content", text: delta.content, set: (text) => (delta.content = text) };
  if (typeof data?.delta === "string")
    return {
      place: `${data.type} ${data.item_id} ${data.index}`,
      text: data.delta,
      set: (text) => (data.delta = text),
    };
  if (data?.delta?.type === "text_delta")
    return { place: "text", text: data.delta.text, set: (text) => (data.delta.text = text) };
  return undefined;
}

export default Object.entries(ENDPOINTS)
  .flatMap(([path, { body, whole, event, refusal, done }]) => {
    const name = path.replace("/", "-");
    return [
      {
        name: `${path}: a whole answer matches the golden file`,
        async run(t) {
          await t.session.script(richScripts());
          const served = await t.serve({ defaults: threePanelists });
          // Without a stream, /responses returns the fusion only if the request names the plugin.
          const asked = { ...body, ...(path === "responses" && { plugins: [{ id: "fusion" }] }) };
          const response = await post(served, path, asked);
          const text = await response.text();
          whole(JSON.parse(text));
          t.golden(`handler-${name}`, normalise([{ data: JSON.parse(text) }])[0].data);
        },
      },
      {
        name: `${path}: a stream matches the golden file`,
        async run(t) {
          await t.session.script(richScripts());
          const text = await (
            await post(await t.serve({ defaults: threePanelists }), path, { ...body, stream: true })
          ).text();
          const frames = framesOf(text);
          equal(frames.at(-1).data === "[DONE]", done);
          for (const { data, ...named } of frames.slice(0, done ? -1 : undefined)) {
            event(data);
            if (named.event) equal(named.event, data.type);
          }
          t.golden(`handler-${name}-stream`, normalise(framesOf(text)));
        },
      },
      {
        name: `${path}: errors in a stream and before it match the golden files`,
        async run(t) {
          await t.session.script(
            richScripts({
              [WRITER]: says("Half an answer here", {
                error: { code: 502, message: "Provider went away" },
              }),
            }),
          );
          const served = await t.serve({ defaults: threePanelists });
          const text = await (await post(served, path, { ...body, stream: true })).text();
          for (const { data } of framesOf(text)) event(data);
          t.golden(`handler-${name}-failing`, normalise(framesOf(text)).slice(-3));
          await t.session.script({ [WRITER]: failures[429] });
          const refused = await (await post(served, path, { ...body, model: WRITER })).json();
          refusal?.(refused);
          t.golden(`handler-${name}-refused`, normalise([{ data: refused }])[0].data);
        },
      },
    ];
  })
  .concat({
    name: "the list of models matches the schema",
    async run(t) {
      const { baseURL, fetch = globalThis.fetch } = await t.serve();
      sdk("ModelsListResponse")(await (await fetch(`${baseURL}/models`)).json());
    },
  });
