// Code that reads input from outside. Each entry is `{ size, make(size) }`. `make(size)` returns a
// function that reads an input of this size. The measurements use `size` and eight times `size`.

import { fromResponse, fuse } from "llm-fuse";
import { createHandler } from "llm-fuse/handler";
import { braveSearch, webFetch } from "llm-fuse/tools";
import { readBlocks } from "../../www/text/bounded-lexer.js";

const list = (size, item) => Array.from({ length: size }, (_, i) => item(i));
const frames = (events) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const eventStream = (text) =>
  new Response(text, { headers: { "content-type": "text/event-stream" } });

// ---- the handler: three dialects

const refusing = async () => Response.json({ error: { message: "no" } }, { status: 400 });
const handler = createHandler({ fetch: refusing, passThrough: true, defaults: { max_retries: 0 } });

function posts(path, body, served = handler) {
  const json = JSON.stringify({ model: "a/b", max_tokens: 10, ...body });
  return async () => {
    const headers = { "content-type": "application/json", authorization: "Bearer x" };
    const request = new Request(`http://h/v1/${path}`, { method: "POST", headers, body: json });
    await (await served(request)).text();
  };
}

const prices = { "a/b": { prompt: "0.0000000001", completion: "0.0000000001" } };
const limited = createHandler({
  ...{ fetch: refusing, passThrough: true, defaults: { max_retries: 0 } },
  ...{ max_cost: 100, prices },
});
const converted = createHandler({
  ...{ fetch: refusing, defaults: { max_retries: 0 }, authorize: () => true },
  providers: { anthropic: { apiKey: "k" } },
});
const claude = "anthropic:claude-sonnet-4-5";

const user = { role: "user", content: "Why?" };
const call = (i) => ({ id: `c${i}`, type: "function", function: { name: "f", arguments: "{}" } });
const text = (_, type = "text") => ({ type, text: "word" });

const wide = (n) => Object.fromEntries(list(n, (i) => [`k${i}`, 0]));
const withPart = (part, image) => ({
  role: "user",
  content: [{ type: "image_url", image_url: { url: "https://x/y", ...image }, ...part }],
});
const picture = withPart({}, {});
const results = (n) => ({
  role: "user",
  content: list(n, () => ({ type: "tool_result", tool_use_id: "c0", content: "x" })),
});
const calls = (n) => ({
  role: "assistant",
  content: list(n, (i) => ({ type: "tool_use", id: `c${i}`, name: `f${i}`, input: {} })),
});

const requests = {
  "chat: messages": (n) => posts("chat/completions", { messages: list(n, () => user) }),
  "chat: parts": (n) =>
    posts("chat/completions", { messages: [{ role: "user", content: list(n, text) }] }),
  "chat: tool calls": (n) =>
    posts("chat/completions", {
      messages: [
        user,
        { role: "assistant", content: null, tool_calls: list(n, call) },
        ...list(n, (i) => ({ role: "tool", tool_call_id: `c${i}`, content: "x" })),
      ].slice(0, 10_000),
    }),
  "chat: tools": (n) =>
    posts("chat/completions", {
      messages: [user],
      tools: list(n, (i) => ({ type: "function", function: { name: `f${i}` } })),
    }),
  "responses: messages": (n) => posts("responses", { input: list(n, () => user) }),
  "responses: tool calls": (n) =>
    posts("responses", {
      input: [
        user,
        ...list(n - 2, (i) => ({
          type: "function_call",
          call_id: `c${i}`,
          name: "f",
          arguments: "{}",
        })),
        { type: "function_call_output", call_id: "c0", output: "x" },
      ],
    }),
  "responses: parts": (n) =>
    posts("responses", {
      input: [{ role: "user", content: list(n, () => text(0, "input_text")) }],
    }),
  "messages: messages": (n) => posts("messages", { messages: list(n, () => user) }),
  "messages: blocks": (n) =>
    posts("messages", { messages: [{ role: "user", content: list(n, text) }] }),
  "messages: tool uses": (n) =>
    posts("messages", {
      messages: [
        user,
        {
          role: "assistant",
          content: list(n, (i) => ({ type: "tool_use", id: `c${i}`, name: "f", input: {} })),
        },
        {
          role: "user",
          content: list(n, (i) => ({ type: "tool_result", tool_use_id: `c${i}`, content: "x" })),
        },
      ],
    }),
  "max_cost: a wide message with a picture": (n) =>
    posts("chat/completions", { messages: [{ ...picture, ...wide(4 * n) }] }, limited),
  "max_cost: a wide part with a picture": (n) =>
    posts("chat/completions", { messages: [withPart(wide(4 * n), {})] }, limited),
  "max_cost: a wide picture": (n) =>
    posts("chat/completions", { messages: [withPart({}, wide(4 * n))] }, limited),
  "messages dialect: tool results in one message": (n) =>
    posts("messages", { model: claude, messages: [user, calls(1), results(n), user] }, converted),
  "messages dialect: tool results in many messages": (n) =>
    posts(
      "messages",
      { model: claude, messages: [user, calls(1), ...list(n, () => results(1)), user] },
      converted,
    ),
  "messages dialect: tool names": (n) =>
    posts("messages", { model: claude, messages: [user, calls(n), user] }, converted),
};

// ---- the tools

function fetches(body, type = "text/html") {
  const fetch = async () => new Response(body, { headers: { "content-type": type } });
  const tool = webFetch({ fetch, resolve: false, max_chars: 1_000_000, timeout_ms: 600_000 });
  return () => tool({ url: "https://e.example/" }).catch(() => {});
}

const link = "<a href=b>c</a> ";
const pages = {
  "webFetch: a long base and links": (n) =>
    fetches(`<base href="http://e.example/${"a/".repeat(n)}"><p>${link.repeat(n)}`),
  "webFetch: many bases and links": (n) =>
    fetches(`<base href="http://e.example/${"a/".repeat(400)}">${link}`.repeat(n / 50)),
  "webFetch: open elements": (n) => fetches(`<p>${"<b><i>x".repeat(n)}`),
  "webFetch: lists": (n) => fetches("<ul><li>x</ul>".repeat(n)),
  "webFetch: a table": (n) => fetches(`<table>${"<tr><td>a<td>b".repeat(n)}`),
  "webFetch: white space": (n) => fetches(`<pre>a${" ".repeat(n * 8)}b${"\n".repeat(n * 8)}c`),
  "webFetch: attributes": (n) => fetches(`<p ${"a=b ".repeat(n)}>x`),
  "webFetch: entities": (n) => fetches(`<p>${"&amp".repeat(n)}`),
  "webFetch: blocks": (n) => fetches(`<div>${"<div class=comment><p>x, y</p></div>".repeat(n)}`),
  "webFetch: blocks in blocks": (n) =>
    fetches(`${"<div>x".repeat(200)}${"</div><div>y".repeat(n)}`),
  "webFetch: names of blocks": (n) => fetches(`<div class="${"postShare-x ".repeat(n * 8)}">x`),
  "webFetch: articles": (n) =>
    fetches(`<article><p>${"words, ".repeat(20)}</article>`.repeat(n / 8)),
  "webFetch: headings": (n) => fetches(`<title>x</title>${"<h1>x</h1>".repeat(n)}`),
  "webFetch: lists of other pages": (n) =>
    fetches(`<div>${"<h3>Related</h3><div><a href=b>c</a></div>".repeat(n)}`),
  "webFetch: notices": (n) =>
    fetches(`<div>${`<p>${"sign up in our ".repeat(20)}</p>`.repeat(n / 8)}`),
  "webFetch: headers before an article": (n) => {
    const header = `<header><p>${"words, ".repeat(20)}</header>`;
    const text = `<p>${"words, ".repeat(20)}`.repeat(n / 2);
    return fetches(`<article>${header.repeat(n / 16)}<div><a href=b>c</a><div>${text}`);
  },
  "webFetch: footnotes": (n) =>
    fetches(list(n, (i) => `<sup><a href=#${i}>${i}</a></sup><li id=${i}>x`).join("")),
  "webFetch: formulas": (n) => fetches("<math><annotation encoding=tex>x</annotation>".repeat(n)),
  "webFetch: definitions": (n) => fetches("<dl><dt>x<dd>y</dl>".repeat(n)),
  "webFetch: JSON-LD": (n) =>
    fetches('<script type=application/ld+json>[{"@type":"Article"}]</script>'.repeat(n)),
  "webFetch: open JSON-LD": (n) => fetches(`<script type=application/ld+json>${"[".repeat(n * 8)}`),
  "webFetch: metadata": (n) => fetches(`<meta name=author content="${"a ".repeat(n * 4)}">`),
  "webFetch: a feed": (n) =>
    fetches(`<rss>${"<item><title>&lt;b>x".repeat(n)}`, "application/rss+xml"),
  "webFetch: items of a feed": (n) =>
    fetches(`<rss>${"<item><title>x</title></item>".repeat(n)}`, "application/rss+xml"),
  "webFetch: JSON": (n) => fetches(`[${'{"a":[1,"x"]},'.repeat(n)}0]`, "application/json"),
  "webFetch: open JSON": (n) => fetches("[".repeat(n * 4), "application/json"),
  "webFetch: a string of JSON": (n) => fetches(`["${"\\n".repeat(n * 8)}`, "application/json"),
  "webFetch: XML": (n) => fetches(`<a>${"> <".repeat(n * 8)}`, "application/xml"),
  "webFetch: no encoding": (n) =>
    fetches(new Uint8Array(n * 32).fill(0xe9), "text/plain; charset="),
  "webFetch: robots.txt": (n) => {
    const rules = "Disallow: /*a*a*a*b$\n".repeat(n);
    const fetch = async () => new Response(`User-agent: *\n${rules}`);
    const tool = webFetch({ fetch, resolve: false, robots: true });
    return () => tool({ url: `https://e.example/${"a".repeat(500)}` }).catch(() => {});
  },
  "webFetch: plain text": (n) => fetches("<page x>".repeat(n), "text/plain"),
  "webFetch: beginnings of marks": (n) => fetches("<pag".repeat(n * 8), "text/plain"),
  "webFetch: openers": (n) => fetches("<p".repeat(n * 16), "text/plain"),
  "webFetch: hidden characters": (n) => fetches("<\u200dp\u0301".repeat(n * 4), "text/plain"),
  "a search": (n) => {
    const results = list(n, (i) => ({
      url: `https://e.example/${i % 3}`,
      title: "<b>".repeat(20),
      description: "<".repeat(200),
    }));
    const fetch = async () => Response.json({ web: { results } });
    const tool = braveSearch({ apiKey: "k", fetch });
    return () => tool({ query: "q" }).catch(() => {});
  },
};

// ---- runs

const options = (fetch) => ({ providers: { a: { fetch } } });
const request = { prompt: "x", analysis_models: ["a:p"], model: "a:p", convene: false };

/** Answers each call with a stream. */
const streams = (text) => () =>
  fuse(
    request,
    options(async () => eventStream(text)),
  ).result();
const delta = (fields) => ({ choices: [{ delta: fields }] });
const end = { choices: [{ delta: { content: "x" }, finish_reason: "stop" }] };

function resumed(n, partial = []) {
  const row = { stage: "panel", index: 0, model: "a:p", status: "completed", cost: null };
  const usage = { prompt_tokens: 1, completion_tokens: 1, reasoning_tokens: null };
  const snapshot = {
    version: 1,
    run_id: "",
    seed: 1,
    status: "failed",
    request,
    responses: [],
    failed_models: [],
    partial,
    analysis: null,
    analysis_sources: [],
    answer: null,
    activity: list(n, (i) => ({ ...row, ...usage, model: `m${i}`, attempt: 1, latency_ms: 1 })),
  };
  const fetch = async () => Response.json(end);
  const prices = { "a:p": { prompt: "0.000001", completion: "0.000001" } };
  const run = () => fuse({ resume: snapshot, max_cost: 1 }, { ...options(fetch), prices });
  return () =>
    run()
      .result()
      .catch(() => {});
}

function remote(n, event) {
  const started = { type: "run.started", run_id: "r", seed: 1, panel: [], writer: "w" };
  const events = [started, ...list(n, event), { type: "run.completed", result: {} }];
  const text = frames(events.map((fields, i) => ({ seq: i + 1, elapsed_ms: 0, ...fields })));
  return async () => {
    const run = fromResponse(eventStream(text));
    await run.result();
    run.snapshot();
  };
}

const runs = {
  "a run without a reader: deltas": (n) =>
    streams(frames([...list(n, () => delta({ content: "word " })), end])),
  "a run without a reader: alternating deltas": (n) =>
    streams(frames([...list(n, (i) => delta(i % 2 ? { content: "a" } : { reasoning: "b" })), end])),
  "a run without a reader: comments": (n) => streams(`${": x\n".repeat(n)}\n${frames([end])}`),
  "a run without a reader: one long line": (n) =>
    streams(frames([delta({ content: "word ".repeat(n) }), end])),
  "a snapshot: calls": (n) => resumed(n),
  "a snapshot: partial texts": (n) =>
    resumed(
      n,
      list(n, (i) => ({ stage: "answer", model: i % 2 ? "a:p" : `m${i}`, content: "x" })),
    ),
  "fromResponse: deltas": (n) =>
    remote(n, () => ({ type: "panelist.delta", index: 0, delta: "word " })),
  "fromResponse: sources": (n) =>
    remote(n, (i) => ({ type: "panelist.source", index: 0, url: `https://e.example/${i}` })),
  "fromResponse: panelists": (n) =>
    remote(n, (index) => ({ type: "panelist.delta", index, delta: "a" })),
  "fromResponse: carriage returns": (n) => async () => {
    await fromResponse(eventStream("\r".repeat(n * 20)))
      .result()
      .catch(() => {});
  },
};

// ---- Markdown of the page

const MARKDOWN = [
  ..."[ ] [] ![ [a]( * ** _ *a _a `a ~~a < <a > - & \\* !".split(" "),
  ...[
    "[a](b ",
    "**a ",
    "*a **a ",
    "**a *a",
    "a*_b ",
    "*a ",
    "> ",
    "> a\n",
    "> a\n\n",
    "- ",
    "- a\n",
  ],
  ...["- a\n\n", "1. ", "a\n", "a\n=\n", "* a\n+ b\n", "  - a\n", "[a]: b\n", "[a][b]", "|a"],
  ...["|a|\n", "|-", "a|b\n-|-\n", "```\n", "<!-- ", "<b>", "http://", "a@", "a.b ", "    a\n"],
];
const markdown = Object.fromEntries(
  [
    ...MARKDOWN.map((part) => [JSON.stringify(part), (n) => part.repeat(n / part.length)]),
    ["a list item of many lines", (n) => `- ${"a\n".repeat(n / 2)}`],
    ["nested emphasis", (n) => "*a ".repeat(n / 6) + " a*".repeat(n / 6)],
    ["nested strong", (n) => `${"**".repeat(n / 4)}a${"**".repeat(n / 4)}`],
    ["nested links", (n) => `${"[".repeat(n / 6)}a${"](b)".repeat(n / 6)}`],
    ["a table of one row", (n) => ["a", "-", "b"].map((c) => `|${c}`.repeat(n / 6)).join("\n")],
  ].map(([name, write]) => [
    `Markdown: ${name}`,
    (n) => {
      const written = write(n);
      return () => void readBlocks(written);
    },
  ]),
);

const group = (cases, size) =>
  Object.fromEntries(Object.entries(cases).map(([name, make]) => [name, { size, make }]));

export const cases = {
  ...group(requests, 1_200),
  ...group(pages, 4_000),
  ...group(runs, 2_000),
  ...group(markdown, 12_000),
};
