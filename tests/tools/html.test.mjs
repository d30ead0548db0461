import assert from "node:assert/strict";
import { test } from "node:test";
import { toMarkdown } from "../../src/js/tools/html.js";
import { finishesInTime } from "./time-limit.mjs";

const page = (html, more) =>
  toMarkdown(html, { url: "https://site.example/dir/page", max_chars: 20_000, ...more });
const becomes = (html, markdown) => assert.equal(page(html).text, markdown, html);

test("the elements of a page become Markdown", () => {
  becomes("<h1>One</h1><h3> Three\n words </h3><p>Text</p>", "# One\n\n### Three words\n\nText");
  becomes("<p>a<p>b<div>c</div>d", "a\n\nb\n\nc\nd");
  becomes("one<br>two<hr>three", "one\ntwo\n\n---\n\nthree");
  becomes(
    "some<b> bold </b>and <em>em</em>, <i><b>both</b></i>, <del>gone</del>",
    "some **bold** and *em*, ***both***, ~~gone~~",
  );
  becomes("<b><b>once</b></b> <strong></strong>empty", "**once** empty");
  becomes("<b><p>one</p><p>two</p></b>", "one\n\ntwo");
  becomes(
    "H<sub>2</sub>O, x<sup>2</sup>, x<sup>n + 1</sup>, as known<sup><a href='#n1'>[1]</a></sup>",
    "H_2O, x^2, x^(n + 1), as known[1]",
  );
  becomes(
    "<ul><li>a<li>b<ol start=3><li>c<li><p>d</p><p>e</p></ol></ul>after",
    "- a\n- b\n\n  3. c\n  4. d\n\n     e\n\nafter",
  );
  becomes(
    "<blockquote><p>a</p><p>b<blockquote>c</blockquote></blockquote>",
    "> a\n>\n> b\n>\n> > c",
  );
  becomes(
    "<pre><code class='language-js'>\nif (a &lt; b)\n  go();  \n</code></pre>",
    "```js\nif (a < b)\n  go();\n```",
  );
  becomes("<pre class=lang-js>a\n```\nb</pre>", "````js\na\n```\nb\n````");
  becomes(
    "<code>a`b</code> <code>`</code> <code> </code><kbd>Ctrl</kbd>",
    "``a`b`` `` ` `` `Ctrl`",
  );
  becomes("<p>a <img alt='a cat' src=x> <img alt='' src=y><img src=z>", "a ![a cat]");
  becomes(
    "<q>said</q> <math alttext='x^2'><mi>x</mi></math> " +
      "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
    '"said" $x^2$ 漢(kan)',
  );
  becomes("a &amp; b &lt;c&gt; &#x263a; &nbsp;", "a & b <c> ☺");
});

test("links are absolute, and only links to pages are kept", () => {
  becomes("<a href=/x?a=1&amp;b=2>x</a>", "[x](https://site.example/x?a=1&b=2)");
  becomes(
    "<a href='y_(z)'>y</a> <a href='mailto:a@b.example'>mail</a>",
    "[y](https://site.example/dir/y_%28z%29) [mail](mailto:a@b.example)",
  );
  becomes(
    "<a href='javascript:alert(1)'>a</a> <a href='data:text/html,x'>b</a> <a " +
      "href='file:///etc/passwd'>c</a> <a href='http://['>d</a> <a>e</a>",
    "a b c d e",
  );
  becomes(
    "<h2>Head <a href='#head'>¶</a></h2><a href='#up'>up</a> <a href=/icon></a>",
    "## Head\n\nup",
  );
  becomes(
    "<a href=/card><h3>Title</h3><p>Words</p></a>",
    "[Title Words](https://site.example/card)",
  );
  becomes(
    "<base href='https://other.example/b/'><a href=c>c</a>",
    "[c](https://other.example/b/c)",
  );
  becomes("<base href='javascript:x'><a href=c>c</a>", "[c](https://site.example/dir/c)");
  becomes("<pre><a href=/x>x</a></pre>", "```\nx\n```");
});

test("tables of data become tables, tables of layout become text", () => {
  becomes(
    "<table><caption>Cap</caption><tr><th>A<th>B<tr><td>1|2<td><b>x</b><br>y</table>",
    "Cap\n\n| A | B |\n| --- | --- |\n| 1\\|2 | **x** y |",
  );
  becomes(
    "<table><tr><td colspan=2>wide<td>c<tr><td>1<td>2</table>",
    "| wide |  | c |\n| --- | --- | --- |\n| 1 | 2 |  |",
  );
  becomes("<table><tr><td>only<tr><td>one</table>", "only\n\none");
  becomes(
    "<table><tr><td>left<td><table><tr><td>a<td>b</table></table>",
    "left\n| a | b |\n| --- | --- |",
  );
});

test("hidden elements are left out", () => {
  becomes(
    "a<script>x</script><style>x</style><!-- x " +
      "--><template>x</template><noscript>x</noscript><iframe>x</iframe><svg><text>x</text></svg>b",
    "ab",
  );
  becomes(
    "<nav>x</nav><footer>x</footer><aside>x</aside><div role=navigation>x</div><div " +
      "role=Banner>x</div><button>x</button><select><option>x</select><textarea>x</textarea>a",
    "a",
  );
  const hidden = [
    "hidden",
    "hidden=''",
    "aria-hidden=true",
    "style='display:none'",
    "style='color:red; DISPLAY : none !important'",
    "style='visibility:hidden'",
    "style='opacity:0'",
    "style='opacity: 0.0;'",
    "style='font-size:0px'",
  ];
  for (const how of hidden)
    becomes(
      `a <p ${how}>ignore all of this <b>and that</b></p> b <span ${how}>and this</span>c`,
      "a b c",
    );
  becomes(
    "<p style='opacity:0.5'>a</p><p style='font-size:0.9em'>b</p><p style='display:block'>c</p>",
    "a\n\nb\n\nc",
  );
  becomes("<body style='visibility:hidden' aria-hidden=true>fades in", "fades in");
  becomes(
    "<h2><button>Unfolds</button></h2><h2>Head <button>Copy</button></h2>",
    "## Unfolds\n\n## Head",
  );
  becomes("<p hidden>x<div>seen", "seen");
});

test("the main part is used if it has text", () => {
  const words = "Words of the article. ".repeat(40);
  assert.equal(
    page(`<div>Menu</div><main><h1>T</h1><aside>Note</aside>${words}</main><div>More</div>`).text,
    `# T\n\nNote\n\n${words.trim()}`,
  );
  assert.equal(page(`<div>Menu</div><div role="main">${words}</div>`).text, words.trim());
  assert.equal(
    page(`<div>Menu</div><article>${words}</article><hr><article>${words}</article>`).text,
    `${words.trim()}\n\n${words.trim()}`,
  );
  assert.equal(page("<div>Words elsewhere</div><main id=app></main>").text, "Words elsewhere");
});

test("the title is the page's, or its first heading", () => {
  assert.equal(page("<head><title> A &amp;\n B </title><h1>H</h1>").title, "A & B");
  assert.equal(page("<h1>H\n one</h1><h1>two</h1>").title, "H one");
  assert.equal(page("<svg><title>no</title></svg><p>x").title, "");
  assert.equal(page("<title>t</title><svg><title>no</title></svg>").title, "t");
  assert.ok(page(`<title>${"t".repeat(1e6)}</title>`).title.length < 1000);
});

test("broken HTML is read as far as it goes", () => {
  becomes("</p></div></ul></table>a</b></i>", "a");
  becomes("<td>a<li>b</td><tr>c", "a\n- b\nc");
  becomes("<a href='x", "");
  becomes("a<!-- never closed", "a");
  becomes("a<b", "a");
  becomes("<constructor>a</constructor><toString hidden>b</toString><valueOf>c", "ac");
  becomes("<p __proto__=x constructor=y>a", "a");
  becomes("\0a\u{1f600}", "\0a\u{1f600}");
});

// Inputs on which a parser fails if it builds a tree, recurses or backtracks. The time limit only
// ends a hang.
const MANY = 400_000;
const HOSTILE = {
  "elements in elements": "<div>".repeat(MANY),
  "closed ones": "<div>".repeat(MANY / 2) + "</div>".repeat(MANY / 2),
  "marks and paragraphs": "<b><p>".repeat(MANY),
  "tables in tables": "<table><tr><td>".repeat(MANY / 2),
  "lists in lists": "<ul><li>".repeat(MANY),
  "quotes in quotes": "<blockquote>".repeat(200) + "a<br>".repeat(MANY),
  attributes: `<p ${Array.from({ length: MANY / 2 }, (_, i) => `a${i}=x`).join(" ")}>x`,
  openers: "<".repeat(4 * MANY),
  comments: "<!--".repeat(MANY),
  ampersands: "&".repeat(4 * MANY),
  "white space": `a${" ".repeat(4 * MANY)}b`,
  "line breaks in a mark": `<b>${" <br>".repeat(MANY)}</b>`,
  links: "<a href=x>".repeat(MANY),
  "ends of what never began": "<div>".repeat(200) + "</x>".repeat(MANY),
  columns: `<table><tr>${"<td colspan=1000>".repeat(MANY / 4)}`,
  backticks: `<code>${"`".repeat(MANY)}</code>`,
  "a style": `<p style='display${" ".repeat(4 * MANY)}'>x</p>`,
  roles: "role".repeat(MANY) + " ".repeat(MANY),
};

for (const [what, html] of Object.entries(HOSTILE)) {
  test(`two megabytes of ${what} are read in linear time`, { timeout: 60_000 }, () => {
    const { text, cut } = page(html);
    assert.ok(typeof text === "string" && (cut === undefined || cut.length > 0));
  });
}

test("preserved white space is read in linear time, at any level", () => {
  const moduleName = JSON.stringify(new URL("../../src/js/tools/html.js", import.meta.url));
  finishesInTime(`
    import { toMarkdown } from ${moduleName};
    const options = { url: "https://site.example/", max_chars: 400_000 };
    for (const blank of [" ", "\\u00a0", "\\t", "\\n"]) {
      for (const around of ["blockquote", "b", "a href=x", "code", "li", "h2", "td"]) {
        for (const inner of ["pre", "i", "code"]) {
          console.log(JSON.stringify(blank), "in", inner, "in", around);
          const tags = ("<" + around + ">").repeat(40) + "<" + inner + ">";
          toMarkdown(tags + "x" + blank.repeat(200_000) + "x", options);
        }
      }
    }`);
});

test("a page that is too long or too deep is cut, with the reason", () => {
  assert.equal(page("<div>".repeat(300)).cut, "what follows is nested too deeply");
  const long = page(`<p>${"word ".repeat(20_000)}`, { max_chars: 1000 });
  assert.equal(long.cut, "it is long");
  assert.ok(long.text.length >= 1000 && long.text.length < 12_000);
  assert.equal(page("<p>short").cut, undefined);
});
