// Tests which parts of a page `webFetch` leaves out. Also tests parts that look similar but belong
// to the article.

import { equal, includes, lacks } from "./assert.mjs";
import { read } from "./tool-reading.mjs";

const sentence = (about) => `The ${about} has a long sentence, and with many words it goes on. `;
const paragraphs = (about, count = 6) => `<p>${sentence(about).repeat(3)}</p>`.repeat(count);
const page = (inside, head = "") => `${head}<body><div class=text>${inside}</div>`;

/** Reads a page that contains an article and then a block. */
const around = (t, block, head = "<title>T</title>") =>
  read(t, page(paragraphs("start") + block, head));

/** Comments and columns that are longer than the article. */
const LONGER = {
  "comments, however many": ["<ol class=commentlist>", paragraphs("remark", 60), "</ol>"],
  "a gallery": ["<div class=photo-gallery>", paragraphs("remark", 20), "</div>"],
  "a sidebar of other articles": ["<div id=sidebar_2>", paragraphs("remark", 12), "</div>"],
};

const META =
  "<meta name=author content='Ada Example'><meta name=date content=2026-01-05><title>T</title>";
/**
 * Lines above an article that repeat the author and the date. `webFetch` already returns both from
 * the metadata.
 */
const BYLINES = [
  "<p class=byline>By Ada Example</p>",
  "<div class=entry-meta><span>Posted by Ada Example on January 5, 2026</span></div>",
  "<p>January 5, 2026, 10:15 am</p>",
  "<p>By Ada Example and others</p>",
];

const LABELS = [
  "Advertisement",
  "Read more",
  "12 comments",
  "Share on WhatsApp",
  "Zum Inhalt springen",
  "4 min read",
  "We use cookies. By continuing, you accept them.",
  "Your browser is outdated. JavaScript is disabled.",
];

const teaser = (i) =>
  `<div><h3><a href=/${i}>Another report of the day, number ${i}, and its long title</a></h3>` +
  `<p>${sentence("teaser")}And it ends after more words.</p></div>`;

export default [
  ...Object.entries(LONGER).map(([what, [open, inside, close]]) => ({
    name: `the main content of a page is without ${what}`,
    async run(t) {
      const text = await read(t, page(paragraphs("article") + open + inside + close));
      includes(text, "The article");
      lacks(text, "The remark");
    },
  })),
  {
    name: "an article in a block that is named as a sidebar or a gallery stays",
    async run(t) {
      for (const name of ["l-sidebar-fixed", "has-comments", "js-gallery"]) {
        const html = `<div><p>${sentence("lead").repeat(6)}</p></div>`;
        const text = await read(
          t,
          page(`${html}<div class="${name}">${paragraphs("article", 40)}</div>`),
        );
        includes(text, "The article", name);
      }
    },
  },
  {
    name: "the author and the date are said once, if metadata tells them",
    async run(t) {
      for (const line of BYLINES) {
        const text = await read(t, page(line + paragraphs("article"), META));
        equal(text.split("\n\n")[0], "# T\nby Ada Example; 2026-01-05", line);
        equal(text.split("\n\n")[1].slice(0, 11), "The article", line);
      }
      const unknown = await read(t, page(BYLINES[0] + paragraphs("article"), "<title>T</title>"));
      includes(unknown, "By Ada Example");
      const later = await around(t, BYLINES[3] + paragraphs("end"), META);
      includes(later, "By Ada Example and others");
    },
  },
  {
    name: "notices and the labels of buttons are left out, and sentences with their words stay",
    async run(t) {
      for (const label of LABELS) {
        lacks(await around(t, `<p>${label}</p>${paragraphs("end")}`), label);
      }
      const kept = [
        "Cookies are baked at 180 degrees.",
        "Read more than one book a year, she says.",
      ];
      for (const text of kept)
        includes(await around(t, `<p>${text}</p>${paragraphs("end")}`), text);
      const notice = LABELS.at(-2);
      includes(await around(t, `<p>${notice}</p>`, "<title>How cookies work</title>"), notice);
      includes(
        await around(t, "<table><tr><td>Ad<td>Print<tr><td>1<td>2</table>"),
        "| Ad | Print |",
      );
    },
  },
  {
    name: "a heading goes with the list below it, and a heading of text stays",
    async run(t) {
      const links = "<div><a href=/1>One page</a> <a href=/2>Another page</a></div>";
      const text = await around(
        t,
        `<h2>Elsewhere</h2>${links}<h2>Part</h2><h3>Sub</h3>${paragraphs("end")}` +
          "<h2>At the end</h2>" +
          links,
      );
      for (const gone of ["Elsewhere", "Another page", "At the end"]) lacks(text, gone);
      for (const kept of ["## Part", "### Sub"]) includes(text, kept);
    },
  },
  {
    name: "announcements of other pages are left out, and text with links stays",
    async run(t) {
      const text = await around(t, `<div class=box>${teaser(1)}${teaser(2)}</div>`);
      for (const gone of ["teaser", "Another report"]) lacks(text, gone);
      const prose = `<div>${sentence("text")} See <a href=/a>this other page on it</a>.</div>`;
      includes(await around(t, prose), "this other page");
      const footer = "<footer>Tags: <a href=/t>tag</a></footer>";
      const article =
        `<article>${paragraphs("article")}${footer}<blockquote><p>Said.<footer>` +
        "Somebody</footer></blockquote></article>";
      const read_ = await read(t, `<body>${article}`);
      lacks(read_, "Tags");
      includes(read_, "Somebody");
    },
  },
  {
    name: "the text of an image is written if it says something new",
    async run(t) {
      const head = "<title>A report about a cat</title>";
      const image = (alt, after = "") => `<figure><img alt="${alt}">${after}</figure>`;
      const caption = "<figcaption>What is seen</figcaption>";
      const text = await around(
        t,
        image("A black cat sleeps") +
          image("A black cat sleeps") +
          image("IMG_2041.jpg") +
          image("logo") +
          image("A report about a cat") +
          image("A white cat", caption) +
          `${image("A red cat runs")}<p>A red cat runs over the street.</p>`,
        head,
      );
      equal(text.match(/!\[[^\]]*\]/g), ["![A black cat sleeps]"]);
      includes(text, "What is seen");
    },
  },
  {
    name: "the title is the page's heading, without the name of the site",
    async run(t) {
      const title = async (head, heading) =>
        (await read(t, page(`<h1>${heading}</h1>${paragraphs("a")}`, head))).split("\n")[0];
      const site = "<meta property=og:site_name content=Daily>";
      equal(await title("<title>On cats – Daily</title>", "On cats"), "# On cats");
      equal(
        await title(`${site}<title>On cats and dogs | Daily</title>`, "News"),
        "# On cats and dogs",
      );
      equal(
        await title("<title>Cats: a long report</title>", "All about cats, a report"),
        "# All about cats, a report",
      );
      equal(await title("<title>On cats</title>", "<a href=/>The daily cats</a>"), "# On cats");
      const twice = await read(
        t,
        page(`<h1>On cats</h1><h2>On cats</h2>${paragraphs("a")}`, "<title>On cats</title>"),
      );
      equal(twice.split("On cats").length, 2);
    },
  },
  {
    name: "what the model has already is not repeated: the URL, the site's name in it",
    async run(t) {
      const head = "<meta property=og:site_name content=Site><link rel=canonical href=/page>";
      equal(await read(t, `${head}<title>T</title><p>Text`), "# T\n\nText");
      const slogan = "<meta property=og:site_name content='Daily | All the news'>";
      equal(await read(t, `${slogan}<title>T</title><p>Text`), "# T\nDaily\n\nText");
    },
  },
  {
    name: "texts for screen readers are left out",
    async run(t) {
      const text = await around(
        t,
        `<p>A link <span class=sr-only>opens in a new window</span> here`,
      );
      lacks(text, "new window");
      includes(text, "here");
    },
  },
];
