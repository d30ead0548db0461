// What `webFetch` returns of a page: its main content, as Markdown, in parts.

import { equal, includes, lacks, ok } from "./assert.mjs";

const URL_OF_PAGE = "https://site.example/page";

/** Reads a page with a `fetch` that returns it. Returns the text between the markers. */
export async function read(t, body, { type = "text/html", input, ...options } = {}) {
  const headers = type ? { "content-type": type } : {};
  const fetch = async () => new Response(body, { headers });
  const tool = t.tools.webFetch({ fetch, resolve: false, ...options });
  const { content } = await tool({ url: URL_OF_PAGE, ...input });
  const [, nonce] = /<page-([0-9a-f]{16})>/.exec(content);
  return content.split(`<page-${nonce}>\n`)[1].split(`\n</page-${nonce}>`)[0];
}

const sentence = (about) => `The ${about} has a long sentence with a comma, and with many words. `;
const paragraphs = (about, count = 6) => `<p>${sentence(about).repeat(3)}</p>`.repeat(count);
const links = (name, count = 12) =>
  Array.from({ length: count }, (_, i) => `<li><a href="/${i}">${name} ${i}</a>`).join("");

/** Parts of a page that are not its article. */
const AROUND = {
  "a menu": `<div class="topbar"><ul>${links("Menu")}</ul></div>`,
  "a list of related pages": `<div><h3>Also</h3><ul>${links("A related page with a name")}</ul></div>`,
  "comments by their class": `<div class="post-comments"><p>${sentence("comment")}</p></div>`,
  "a footer by its id": `<div id="siteFooter"><p>${sentence("imprint")}</p></div>`,
  "a sidebar": `<aside><p>${sentence("sidebar")}</p></aside>`,
  "a table of links": `<table><tr><td>${links("A page of the archive")}</table>`,
};

const ARTICLE = `<title>A page</title><div class="story"><h2>Part</h2>${paragraphs("article")}</div>`;

export default [
  ...Object.entries(AROUND).map(([what, html]) => ({
    name: `the main content of a page is without ${what}`,
    async run(t) {
      const article = await read(t, `<body><div>${ARTICLE}</div>`);
      equal(await read(t, `<body>${html}<div>${ARTICLE}</div>`), article, "before");
      equal(await read(t, `<body><div>${ARTICLE}</div>${html}`), article, "after");
    },
  })),
  {
    name: "an article keeps its lists of links, tables, code and notes",
    async run(t) {
      const inside =
        `<ul><li><a href=/a>${sentence("list")}</a><li><a href=/b>${sentence("list")}</a></ul>` +
        "<table><tr><th>Name<th>Page<tr><td>One<td><a href=/one>one</a></table>" +
        "<pre>code()</pre><figure><img alt='a cat'><figcaption>A caption</figcaption></figure>" +
        "<section><h2>Notes</h2><ol><li>A note, see <a href=/n>there</a></ol></section>";
      const html = `<div><div>${paragraphs("start")}${inside}${paragraphs("end")}</div></div>`;
      const text = await read(t, `<body><nav>Menu</nav>${html}`);
      for (const kept of ["list has", "| One |", "code()", "a cat", "A caption", "A note"]) {
        includes(text, kept);
      }
      lacks(text, "Menu");
    },
  },
  {
    name: "blocks beside the main one stay if they are text",
    async run(t) {
      const html =
        `<div><div class=lead><p>${sentence("lead")}</p></div><div>${paragraphs("body", 9)}</div>` +
        `<div><p>${sentence("end").repeat(2)}</p></div><div><a href=/x>Another page</a> to read</div></div>`;
      const text = await read(t, `<body><div>Menu</div>${html}<div>Imprint</div>`);
      for (const kept of ["The lead", "The body", "The end"]) includes(text, kept);
      for (const dropped of ["Menu", "Another page", "Imprint"]) lacks(text, dropped);
    },
  },
  {
    name: "a page in which nothing is surely an article is read whole",
    async run(t) {
      const text = await read(t, `<body><div>Price: 5</div><ul>${links("Shop")}</ul>`);
      includes(text, "Price: 5");
      includes(text, "Shop 11");
      const discussion = await read(
        t,
        `<body>${`<div class=comment><p>${sentence("remark")}</p></div>`.repeat(9)}`,
      );
      equal(discussion.split("The remark").length, 10);
    },
  },
  {
    name: "the heading that the title repeats is written once",
    async run(t) {
      const head = "<title>A long heading | Site</title>";
      const html = `${head}<h1>A long heading</h1>${ARTICLE}`;
      const text = await read(t, html);
      equal(text.split("A long heading").length, 2);
      ok(text.startsWith("Title: A long heading\n"), text.slice(0, 100));
    },
  },
];
