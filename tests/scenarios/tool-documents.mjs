// Tests what `webFetch` returns for documents that are not HTML, for error pages and for pages that
// it cannot read.

import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { part, read, URL_OF_PAGE } from "./tool-reading.mjs";

export default [
  {
    name: "a reader of the caller reads other documents, and its text is data",
    async run(t) {
      const given = [];
      const readers = {
        "application/pdf": async (bytes, { url, signal }) => {
          given.push([bytes.length, url, signal instanceof AbortSignal]);
          return "Words\r\n</page-1> of a PDF";
        },
        "application/msword": () => 7,
        "image/png": () => Promise.reject(new Error("broken")),
      };
      const pdf = "%PDF-1.7 and so on";
      for (const type of ["application/pdf", "application/PDF; x=y", "text/html", ""]) {
        equal(
          await read(t, new TextEncoder().encode(pdf), { type, readers }),
          `application/pdf\n\nWords\n</\\page-1> of a PDF`,
        );
      }
      equal(given[0], [18, URL_OF_PAGE, true]);
      const png = (bytes, more) => failure(read(t, bytes, { type: "image/png", readers, ...more }));
      includes(
        (await png("x")).message,
        "is an image (image/png), and its reader has failed: broken",
      );
      includes(
        (await png("xx", { max_bytes: 1 })).message,
        "is an image (image/png) of more than 1 byte",
      );
      const word = { type: "application/msword", readers };
      includes((await failure(read(t, "x", word))).message, "and its reader returned no text");
    },
  },
  {
    name: "feeds become lists",
    async run(t) {
      const rss =
        "<?xml version='1.0'?><rss><channel><title>News &amp; more</title><link>/</link>" +
        "<item><title>One</title><link>/1</link><pubDate>Mon, 05 Jan 2026 12:00:00 GMT</pubDate>" +
        "<description><![CDATA[<p>Text <b>one</b></p><script>x</script>]]></description></item>" +
        "<item><title><![CDATA[Two]]></title><guid>2</guid><link>javascript:x</link></item>" +
        "</channel></rss>";
      equal(
        await read(t, rss, { type: "application/rss+xml" }),
        `# News & more\na feed\n\n` +
          "- [One](https://site.example/1) (2026-01-05)\n  Text **one**\n- Two",
      );
      const atom =
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title><entry><title>E</title>" +
        "<link rel='self' href='/self'/><link href='/e'/><updated>2026-02-03T00:00:00Z</updated>" +
        "<summary type='html'>&lt;i&gt;S&lt;/i&gt;</summary></entry></feed>";
      includes(
        await read(t, atom, { type: "application/atom+xml" }),
        "- [E](https://site.example/e) (2026-02-03)\n  *S*",
      );
    },
  },
  {
    name: "JSON without line breaks is cut between its entries, with exact numbers",
    async run(t) {
      const rows = Array.from({ length: 200 }, (_, i) => ({ id: i, text: `a "b", [c] {${i}}` }));
      const json = JSON.stringify({ data: { rows }, more: 1 }).replace(
        '"more":1',
        '"more":12345678901234567890.10',
      );
      const texts = [];
      for (let offset = 0; !Number.isNaN(offset); ) {
        const content = {};
        const tool = t.tools.webFetch({
          fetch: async () =>
            new Response(json, { headers: { "content-type": "application/json" } }),
          resolve: false,
          max_chars: 2000,
        });
        Object.assign(content, part(await tool({ url: URL_OF_PAGE, offset })));
        texts.push(content.text);
        ok(/[},]$/.test(content.text), content.text.slice(-50));
        offset = content.next;
      }
      const all = texts.join("\n");
      includes(all, '\n   {"id": 0, "text": "a \\"b\\", [c] {0}"},\n');
      includes(all, '"more": 12345678901234567890.10');
      equal(JSON.stringify(JSON.parse(all)), JSON.stringify(JSON.parse(json)));
    },
  },
  {
    name: "each part of a long CSV names the columns",
    async run(t) {
      const csv = `name,price\n${"bread,5\n".repeat(1000)}`;
      const options = { type: "text/csv", input: { offset: 1000 }, max_chars: 500 };
      includes(await read(t, csv, options), "columns name,price\n\n");
    },
  },
  {
    name: "an error status has the server's words, as data",
    async run(t) {
      const answer = (body, more) => async () =>
        new Response(body, {
          status: 404,
          headers: { "content-type": "text/html", "retry-after": "30" },
          ...more,
        });
      const open = async (...given) =>
        (
          await failure(
            t.tools.webFetch({ fetch: answer(...given), resolve: false })({ url: URL_OF_PAGE }),
          )
        ).message;
      const message = await open(`<title>Gone</title><p>Moved to B. </page-1>${"x".repeat(1e5)}`);
      ok(message.startsWith(`${URL_OF_PAGE} answered 404; try again after 30 s\n`), message);
      ok(
        /\n<page-([0-9a-f]{16})>\nGone\n\nMoved to B\.[\s\S]{1,600}<\/page-\1>$/.test(message),
        message,
      );
      equal(await open(null, { headers: {} }), `${URL_OF_PAGE} answered 404`);
      const binary = await open("\0\x01", {
        headers: { "content-type": "image/png" },
        status: 500,
      });
      equal(binary, `${URL_OF_PAGE} answered 500`);
    },
  },
  {
    name: "a page that sends its readers on says so",
    async run(t) {
      const open = async (body) => {
        const fetch = async () => new Response(body, { headers: { "content-type": "text/html" } });
        return (await t.tools.webFetch({ fetch, resolve: false })({ url: URL_OF_PAGE })).content;
      };
      for (const content of ["0; url=/next", "5;URL='/next'", " 0 , url = /next "]) {
        const answer = await open(`<meta http-equiv=Refresh content="${content}">`);
        includes(answer, "sends readers on to https://site.example/next\n");
        includes(
          answer,
          "\nThe page sends its readers on to another URL, which stands above its text.",
        );
      }
      for (const content of ["300", "0; url=/page", "0; url=javascript:x"]) {
        lacks(await open(`<meta http-equiv=refresh content="${content}"><p>x`), "readers on");
      }
    },
  },
  {
    name: "a consent wall and a check for robots are named as such",
    async run(t) {
      const after = async (body) => {
        const fetch = async () => new Response(body, { headers: { "content-type": "text/html" } });
        const { content } = await t.tools.webFetch({ fetch, resolve: false })({ url: URL_OF_PAGE });
        return content.split(/\n<\/page-\w+>\n?/)[1];
      };
      const consent = "The page asks for consent to cookies. This may not be its content.";
      equal(await after("<h1>Before you go on</h1><p>We use cookies.<p>Accept all"), consent);
      equal(await after("<p>Wir nutzen Cookies.<p>Alle akzeptieren"), consent);
      equal(
        await after("<title>Just a moment</title><p>Checking your browser"),
        "The page asks whether its reader is a person. This may not be its content.",
      );
      equal(await after("<p>A recipe for cookies"), "");
      equal(await after(`<p>Accept cookies</p>${`<p>${"An article. ".repeat(50)}`.repeat(9)}`), "");
    },
  },
  {
    name: "with `robots`, a page is fetched only if its robots.txt allows it",
    async run(t) {
      const files = { "https://a.example/robots.txt": { status: 404, body: "none" } };
      const asked = [];
      const fetch = async (url) => {
        asked.push(url);
        const { body = "text", ...init } = files[url] ?? {};
        return new Response(body, { headers: { "content-type": "text/plain" }, ...init });
      };
      const robots = (text, status = 200) => {
        files["https://b.example/robots.txt"] = { body: text, status };
      };
      const tool = t.tools.webFetch({ fetch, resolve: false, robots: true, user_agent: "Bot/1.0" });
      const open = (path, run) => tool({ url: `https://b.example${path}` }, { run });
      const refused = async (path) =>
        includes((await failure(open(path))).message, "robots.txt disallows it", path);
      robots(
        "User-agent: other\nDisallow: /\n\nUser-agent: x\nuser-agent: bot # us\n" +
          "Disallow: /private\nAllow: /private/open\nDisallow: /*.pdf$\nDisallow: /a*b*c\n\n" +
          "User-agent: *\nDisallow: /",
      );
      for (const path of ["/", "/private/open/x", "/x.pdf?y", "/acb"]) await open(path);
      for (const path of ["/private", "/privately", "/x.pdf", "/a1b2c3"]) await refused(path);
      robots("User-agent: *\nDisallow: /all");
      await refused("/all");
      await open("/");
      robots("broken", 503);
      includes((await failure(open("/"))).message, "its robots.txt answered 503");
      await tool({ url: "https://a.example/page" });
      // The redirect leads to another site, which has its own robots.txt.
      robots("User-agent: bot\nDisallow: /");
      files["https://a.example/to"] = { status: 302, headers: { location: "https://b.example/" } };
      includes((await failure(tool({ url: "https://a.example/to" }))).message, "disallows it");

      robots("");
      asked.length = 0;
      const run = {};
      for (const path of ["/1", "/2"]) await open(path, run);
      equal(asked.filter((url) => url.endsWith("robots.txt")).length, 1);
      asked.length = 0;
      await t.tools.webFetch({ fetch, resolve: false })({ url: "https://b.example/" });
      equal(asked, ["https://b.example/"]);
    },
  },
];
