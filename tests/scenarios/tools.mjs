// Tests `llm-fuse/tools` with the `fetch` of each runtime. Other tests of the tools are in
// tests/tools/.

import { noneOpen } from "../provider/client.mjs";
import { calls, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { ALPHA, BETA, callsTo, defaultScripts, question } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const PAGE = {
  body:
    "<!doctype html><title>A page</title><nav>Menu</nav><h1>Head</h1><p>Words of <b>its</b> " +
    "own</p><script>alert(1)</script>",
};

/**
 * Returns the URL of a page and a tool that reads it. The loopback provider's scripted GET route
 * serves the page.
 */
const site = (t, options) => {
  const url = `${t.session.baseURL}/models`;
  return { url, read: t.tools.webFetch({ allow: [new URL(url).host], ...options }) };
};

const OPAQUE = "is a redirect, and a browser hides its target, which cannot be checked";

export default [
  {
    name: "a page is read as Markdown by a GET without extra headers",
    async run(t) {
      await t.session.script({ "GET /models": PAGE });
      const { url, read } = site(t);
      const { content, sources } = await read({ url });
      includes(content, `# A page\n\n# Head\n\nWords of **its** own\n</page-`);
      lacks(content, "Menu");
      equal(sources, [{ url, title: "A page" }]);
      const [call] = await t.session.calls();
      equal(
        [call.method, call.headers.cookie ?? null, call.headers.authorization ?? null],
        ["GET", null, null],
      );
    },
  },
  {
    name: "redirects are followed one by one, except in browsers",
    async run(t) {
      const { url, read } = site(t);
      await t.session.script({
        "GET /models": { sequence: [{ status: 302, redirect: `${url}?again`, body: "" }, PAGE] },
      });
      if (t.isBrowser) return includes((await failure(read({ url }))).message, OPAQUE);
      equal((await read({ url })).sources, [{ url: `${url}?again`, title: "A page" }]);
    },
  },
  {
    name: "a redirect into a private network is not followed",
    async run(t) {
      const { url, read } = site(t);
      for (const redirect of [
        "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "file:///etc/passwd",
      ]) {
        await t.session.script({ "GET /models": { status: 307, redirect, body: "" } });
        includes(
          (await failure(read({ url }))).message,
          t.isBrowser ? OPAQUE : "may not be fetched",
        );
      }
      equal((await t.session.calls()).length, 4);
    },
  },
  {
    name: "hostile addresses are refused before any request",
    async run(t) {
      const { port } = new URL(t.session.baseURL);
      const hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "user:secret@127.0.0.1",
      ];
      for (const host of hosts) {
        const error = await failure(
          t.tools.webFetch()({ url: `http://${host}:${port}/chat/completions` }),
        );
        includes(error.message, "may not be fetched", host);
        lacks(error.message, "secret");
      }
      for (const url of ["file:///etc/passwd", "data:text/html,x", "javascript:1"])
        includes(
          (await failure(t.tools.webFetch()({ url }))).message,
          "only http: and https: can be",
        );
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "an endless body is cut, a silent one times out, and both are closed",
    async run(t) {
      await t.session.script({
        "GET /models": {
          sequence: [
            { endless: "word ".repeat(1000), content_type: "text/html" },
            { stall: "headers" },
          ],
        },
      });
      const { content } = await site(t, { max_bytes: 50_000 }).read({ url: site(t).url });
      includes(
        content,
        "The page goes on: these are characters 1 to 20,000 of 49,999; only its first 50,000 " +
          "bytes were read. To read on, open the same URL with the offset 20000.",
      );
      const { url, read } = site(t, { timeout_ms: 500 });
      includes((await failure(read({ url }))).message, "took longer than 0.5 s");
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
    },
  },
  {
    name: "the caller's signal closes the request",
    async run(t) {
      await t.session.script({ "GET /models": { stall: "headers" } });
      const controller = new AbortController();
      const { url, read } = site(t);
      const reading = failure(read({ url }, { signal: controller.signal, index: 0 }));
      await t.session.until((calls) => calls.length === 1);
      const reason = { mine: true };
      controller.abort(reason);
      ok((await reading) === reason, "its own reason");
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed"],
      );
    },
  },
  {
    name: "bodies are decompressed and decoded by their headers",
    async run(t) {
      const packed = new Response(
        new Blob([new Uint8Array([0x63, 0x61, 0x66, 0xe9])])
          .stream()
          .pipeThrough(new CompressionStream("gzip")),
      );
      const bytes_base64 = btoa(String.fromCharCode(...new Uint8Array(await packed.arrayBuffer())));
      await t.session.script({
        "GET /models": {
          bytes_base64,
          content_type: "text/plain; charset=iso-8859-1",
          headers: { "content-encoding": "gzip" },
        },
      });
      const { url, read } = site(t);
      includes((await read({ url })).content, "\ncafé\n");
    },
  },
  {
    name: "a model searches, reads pages and gets an error for a forbidden page",
    async run(t) {
      const { url, read } = site(t);
      const local = "http://localhost:1/";
      const asks = {
        tool_calls: [
          calls("web_search", { query: "sky" }),
          calls("web_fetch", { url }),
          calls("web_fetch", { url: local }),
        ],
      };
      await t.session.script(
        defaultScripts({
          [ALPHA]: { rounds: [asks, says("Alpha finds all common ground in blue.")] },
          "GET /models": PAGE,
        }),
      );
      const results = [{ url: "https://a.example/", title: "A", content: "Words" }];
      const search = t.tools.tavilySearch({
        apiKey: "k",
        fetch: async () => Response.json({ results }),
      });
      const { events, result } = await complete(
        t.start(question(), { toolHandlers: { web_search: search, web_fetch: read } }),
      );
      const mine = (type) => eventsOf(events, type).filter(({ index }) => index === 0);
      equal(
        mine("panelist.source").map(({ url, title }) => ({ url, title })),
        [
          { url: "https://a.example/", title: "A" },
          { url, title: "A page" },
        ],
      );
      const ended = mine("panelist.tool").filter(({ status }) => status !== "started");
      equal(ended.map(({ tool, status }) => `${tool} ${status}`).sort(), [
        "web_fetch completed",
        "web_fetch failed",
        "web_search completed",
      ]);
      equal(ended.map(({ summary }) => summary).sort(), [
        "1 result",
        "A page",
        `${local} may not be fetched: its host is a local name`,
      ]);
      const prompt = JSON.stringify(callsTo(await t.session.calls(), ALPHA)[1].body.messages);
      for (const part of ["<results-", "<page-", "Words of **its** own", "may not be fetched"])
        includes(prompt, part);
      equal(
        result.responses.map(({ index }) => index),
        [0, 1],
      );
      equal(callsTo(await t.session.calls(), BETA).length, 1);
    },
  },
  {
    name: "a search is sent to its base URL",
    async run(t) {
      const results = [
        {
          url: "https://a.example/",
          title: "A",
          content: "Words",
          description: "Words",
          highlights: ["Words"],
        },
      ];
      const sent = [];
      const fetch = async (...args) => {
        sent.push(args);
        return Response.json({ type: "search", results, web: { results } });
      };
      const { braveSearch, tavilySearch, exaSearch, searxngSearch } = t.tools;
      const options = { apiKey: "k", fetch };
      for (const search of [
        braveSearch(options),
        tavilySearch(options),
        exaSearch(options),
        searxngSearch({ baseURL: "https://searx.example", fetch }),
      ]) {
        const { content, sources } = await search({ query: "sky" });
        includes(content, "1. A\n   https://a.example/\n   Words\n</results-");
        equal(sources, [{ url: "https://a.example/", title: "A" }]);
      }
      equal(
        sent.map(([url]) => new URL(url).host),
        ["api.search.brave.com", "api.tavily.com", "api.exa.ai", "searx.example"],
      );
    },
  },
];
