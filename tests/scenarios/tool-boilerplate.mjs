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

/** Notices, each in a paragraph inside an article. */
const NOTICES = [
  "Sign up for our newsletter and get the best reports of the week.",
  "The best of the week, delivered straight to your inbox.",
  "Follow Ada Example on Twitter and Instagram.",
  "This page has affiliate links, and we may earn a commission.",
  "© 2026 Daily Example. All rights reserved.",
  "Comments are moderated, so they appear later.",
  "Your contribution keeps us free. Donate today.",
  "Do you like this report? Share it with a friend!",
  "Have a tip? Email the editors.",
  "Jetzt den kostenlosen Newsletter abonnieren.",
];
/** Sentences of an article with words of notices. */
const NO_NOTICES = [
  "The firm declined to comment on its newsletters.",
  "Some rights reserved is the name of this licence.",
  "Affiliate links are a way to pay for a blog.",
  "Follow these steps shared on Twitter to save energy.",
  "They sign up for the club with the same email.",
];

/** The names of lists of other pages, and the items of such a list. */
const LIST_NAMES = [
  "You may also like…",
  "Related articles",
  "More great stories",
  "Most read",
  "Das könnte Sie auch interessieren",
  "Leia também",
];
const items = "<li>A strange story <a href=/1>about another matter</a> of the week</li>".repeat(3);

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
  {
    name: "notices about newsletters, copyright, comments and links that pay are left out",
    async run(t) {
      for (const notice of NOTICES) {
        lacks(await around(t, `<p>${notice}</p>${paragraphs("end")}`), notice);
      }
      for (const text of NO_NOTICES) {
        includes(await around(t, `<p>${text}</p>${paragraphs("end")}`), text);
      }
    },
  },
  {
    name: "the labels of players and buttons are left out, and headings with such words stay",
    async run(t) {
      const labels = [
        "Your video will play in 00:25",
        "Media playback is unsupported on your device",
        "Image 2 of 5",
        "Text size",
        "Must watch",
        "SIGN UP FOR OUR NEWSLETTER",
      ];
      for (const label of labels) lacks(await around(t, `<div>${label}</div>`), label);
      for (const word of ["Facebook", "Highlights", "Menu"]) {
        includes(await around(t, `<h2>${word}</h2>${paragraphs("end")}`), `## ${word}`);
      }
    },
  },
  {
    name: "a list of other pages goes with its name, inside and after an article",
    async run(t) {
      for (const name of LIST_NAMES) {
        for (const start of [
          `<h3>${name}</h3>`,
          `<p><b>${name}</b></p>`,
          `<div><h3>${name}</h3></div>`,
        ]) {
          const text = await around(t, `${start}<ul>${items}</ul>${paragraphs("end", 2)}`);
          for (const gone of [name, "strange story"]) lacks(text, gone, start);
          includes(text, "The end", start);
        }
      }
      const teasers = "<div><h4>Another matter</h4><p>Short words on it.</p></div>".repeat(3);
      const last = await around(t, `<h2>Related articles</h2>${teasers}`);
      for (const gone of ["Related", "Another matter"]) lacks(last, gone);
    },
  },
  {
    name: "text after the name of a list of other pages stays",
    async run(t) {
      const link = "<div><a href=/1>Another matter of the week</a></div>";
      const parts = `<div>${sentence("end").repeat(2)}</div>`.repeat(3);
      const text = await around(t, `<p>Related:</p>${link}${parts}${paragraphs("last", 1)}`);
      equal(text.split("The end").length - 1, 6);
      includes(text, "The last");
      const sights = "<ul><li>The old bridge</li><li>The market</li></ul>";
      const guide = await around(t, `<h2>Don't miss</h2>${sights}${paragraphs("end", 1)}`);
      for (const kept of ["## Don't miss", "The old bridge"]) includes(guide, kept);
      const next = await around(t, `<h2>Related</h2>${link}<h2>Method</h2>${paragraphs("end", 1)}`);
      lacks(next, "Another matter");
      for (const kept of ["## Method", "The end"]) includes(next, kept);
    },
  },
  {
    name: "comments go with their heading, and a section with a similar heading stays",
    async run(t) {
      const remarks = `<div><h2>27 comments</h2><div>${paragraphs("remark", 9)}</div></div>`;
      lacks(await around(t, remarks), "remark");
      for (const heading of ["Comments", "5 thoughts on leadership", "3 responses to the plan"]) {
        const text = await around(t, `<h2>${heading}</h2><div>${paragraphs("end")}</div>`);
        for (const kept of [heading, "The end"]) includes(text, kept, heading);
      }
    },
  },
  {
    name: "a line with only a date is left out, and a line with a date and other words stays",
    async run(t) {
      const dates = [
        "Updated 10:01 pm PST, Tuesday, January 6, 2026",
        "sexta-feira, 9 de janeiro de 2026 às 20:13",
        "Published January 6th, 2026 - 07:50 GMT",
      ];
      for (const date of dates) {
        lacks(await read(t, page(`<p>${date}</p>${paragraphs("start")}`, META)), date);
        includes(await read(t, page(`<p>${date}</p>${paragraphs("start")}`)), date);
      }
      const text = "<h2>Exhibition in the old Palace, 9 January 2026</h2>";
      includes(await read(t, page(text + paragraphs("start"), META)), "Exhibition");
    },
  },
  {
    name: "before a lead, the names of sections and counters are left out",
    async run(t) {
      const lead = `<p>${sentence("lead").repeat(2)}</p>`;
      const header = `<header><div>Chronicle</div><div>704</div>${lead}</header>`;
      const column = `<div><div>Text Plus</div><div>${paragraphs("start")}</div></div>`;
      const article = `<article>${header}${column}`;
      const text = await read(t, `<title>T</title>${article}</article>`);
      for (const gone of ["Chronicle", "704", "Text Plus"]) lacks(text, gone);
      for (const kept of ["The lead", "The start"]) includes(text, kept);
      const byline = await read(
        t,
        `<title>T</title><article><div class=byline>By Ada</div><div>${paragraphs("start")}</div>`,
      );
      includes(byline, "By Ada");
    },
  },
  {
    name: "a short page is without comments, cookie texts and columns",
    async run(t) {
      const article = `<div class=post><p>${sentence("article").repeat(2)}</p></div>`;
      const around_ =
        "<div id=eu-cookie-law><form>The cookies of this page are good for you.</form></div>" +
        `<div id=sidebar><ul><li>A column</ul></div><div class=comments><p>A remark</p></div>`;
      const text = await read(t, `<title>T</title><body>${article}${around_}`);
      includes(text, "The article");
      for (const gone of ["cookies", "A column", "A remark"]) lacks(text, gone);
      const unsure = await read(t, "<title>T</title><body><div class=sidebar>A column</div>Words");
      includes(unsure, "A column");
    },
  },
  {
    name: "an image's text is left out if the title has most of its words",
    async run(t) {
      const image = "<figure><img alt='Cats want to sleep in the red basket, image'></figure>";
      const title = "<title>Why cats want to sleep in a red basket</title>";
      lacks(await around(t, image + paragraphs("end"), title), "![");
      includes(await around(t, image + paragraphs("end")), "![Cats want");
    },
  },
  {
    name: "the head of a page has no date of the year 1, and the title only once",
    async run(t) {
      const head =
        "<title>On cats</title><meta property=og:title content='On cats'>" +
        "<meta property=og:site_name content='On cats'>" +
        "<meta name=date content=0001-01-01T00:00:00Z>";
      equal((await read(t, page(paragraphs("start"), head))).split("\n")[1], "");
    },
  },
];
