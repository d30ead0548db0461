// Chooses the main content of a page by the text and the links of its blocks. Adds the counts of
// inner blocks to those of their outer blocks in one pass.

/**
 * @typedef {import("./html-reader.js").Block} Block
 *
 * Sums of the counts of a block and of the blocks inside it. Dropped blocks are not included.
 * @typedef {object} Sums
 * @property {number} chars
 * @property {number} linked characters in links
 * @property {number} commas
 * @property {number} prose characters of paragraphs: long texts with few links
 * @property {number} dropped number of characters in dropped inner blocks
 * @property {boolean} hasMain whether the block contains an `<h1>` or a marked main part
 * @property {boolean} hasHeading
 * @property {number} teasers headings that are links
 * @property {Block | undefined} largest the inner block with the most prose
 */

/** @returns {Sums} */
export const createSums = () => ({
  chars: 0,
  linked: 0,
  commas: 0,
  prose: 0,
  dropped: 0,
  hasMain: false,
  hasHeading: false,
  teasers: 0,
  largest: undefined,
});

/**
 * A block is a paragraph if it has at least this number of characters, and if at most this share of
 * the characters is in links.
 */
const MIN_PARAGRAPH = 80;
const MAX_PARAGRAPH_LINKS = 0.4;
/** Minimum number of characters in paragraphs. If a page has fewer, its blocks are not compared. */
const MIN_MAIN = 250;
/**
 * Minimum number of characters in a part that the page marks as its main part or as an article. If
 * the part is shorter, the whole page is used instead.
 */
const MIN_MARKED = 500;
/**
 * Minimum share of the paragraphs' text that must remain without boilerplate. If less remains, the
 * classes and ids of the blocks were misleading, and are not used.
 */
const MIN_SHARE = 0.2;
/**
 * The main content is in the innermost block that has at least this share of the paragraphs' text.
 */
const MAIN_SHARE = 0.6;
/**
 * A block with a larger share of the paragraphs' text is kept, even if its class or id is a name
 * for boilerplate.
 */
const MAX_DROPPED_SHARE = 0.5;
/**
 * Maximum length of a column that is not part of the article. The length is a multiple of the
 * paragraphs' text before the column.
 */
const MAX_BESIDE = 4;
/**
 * If a larger share of a block's characters is in links, the block is a menu or a list of related
 * pages.
 */
const MAX_LINKS = 0.3;
const MAX_LINKS_IN_TEXT = 0.5;
/** Maximum length of a teaser: the text below a heading that links to another page. */
const MAX_TEASER = 400;
const MIN_TEASER_LINK = 0.8;
const HEADING = /^h[1-6]$/;
/** A block with at least this number of commas counts as text, even if the block has many links. */
const MIN_COMMAS = 10;
/** A table cell with fewer characters may be data, even if its whole text is a link. */
const MIN_LINKED_CELL = 100;
/**
 * If a block has dropped blocks inside it and less other text than this, the block is dropped too.
 * An example is the heading of a dropped list.
 */
const MAX_REST = 60;
/**
 * Maximum share of links in a block before or after the main block. With more links, the block is
 * not part of the article.
 */
const MAX_LINKS_BEFORE = 0.3;
const MAX_LINKS_AFTER = 0.1;
/** Number of blocks around the main block that are searched for the article's introduction. */
const MAX_LEVELS = 5;

/** A lead with more prose is kept as a whole. */
const MIN_LONG_LEAD = 1000;

const CELL = /^(td|th|tr|table)$/;
const CONTAINER = /^(div|section|table|form|menu|center|tr|td|figure|details|fieldset)$/;
/** Elements that contain text directly. The main block is a block around such elements. */
const TEXT = /^(p|h[1-6]|ul|ol|dl|pre|blockquote|table)$/;
const WHOLE = /^(#root|html|body)$/;

/**
 * Returns the ranges of events to write. Inside these ranges, marks the blocks to leave out.
 * @param {{ blocks: Block[], root: Block, prose: number }} page `prose` does not include the prose
 * of threads
 * @returns {{ begin: number, end: number }[]}
 */
export function chooseMain({ blocks, root, prose }) {
  const kept = sum(blocks, (block) => isBoilerplate(block, prose));
  if (kept.prose < MIN_MAIN || kept.prose < MIN_SHARE * prose) {
    return withoutScores(blocks, root, prose);
  }
  const [marked, other] = outermost(blocks, isMarkedMain);
  const isUsed = marked && !other && marked.sums.prose >= Math.max(MIN_MAIN, MIN_SHARE * prose);
  const main = innermost(isUsed ? marked : root);
  if (WHOLE.test(main.name)) {
    const articles = outermost(blocks, isArticle);
    const inArticles = articles.reduce((chars, { sums }) => chars + sums.prose, 0);
    if (inArticles >= MAIN_SHARE * kept.prose) return articles;
  }
  const around = withNeighbours(main, blocks);
  return [...leads(around, blocks), contents(around)];
}

/**
 * Returns the marked main part of a page. If this part has little text, returns the whole page
 * without the blocks whose names say that they are boilerplate. If these blocks have most of the
 * page's prose, they stay.
 * @param {Block[]} blocks
 * @param {Block} root
 * @param {number} prose characters of the whole page
 */
function withoutScores(blocks, root, prose) {
  const enough = Math.max(MIN_PARAGRAPH, MIN_SHARE * prose);
  const isNamed = sum(blocks, isNamedBoilerplate).prose >= enough;
  if (!isNamed) sum(blocks, isOutside);
  for (const isMain of [isMarkedMain, isArticle]) {
    const parts = outermost(blocks, isMain);
    const total = (/** @type {"chars" | "prose"} */ key) =>
      parts.reduce((all, { sums }) => all + sums[key], 0);
    if (total("chars") >= MIN_MARKED || (isNamed && total("prose") >= enough)) return parts;
  }
  return [root];
}

/** @param {Block} block */
const isMarkedMain = ({ kind }) => kind === "main";
/** @param {Block} block */
const isArticle = ({ name }) => name === "article";

/**
 * Adds up the numbers of the blocks. Drops the blocks for which `isDropped()` is true.
 * @param {Block[]} blocks in the order of their ends; the last one is the root
 * @param {(block: Block) => boolean} isDropped
 * @returns {Sums} the sums of the root
 */
function sum(blocks, isDropped) {
  for (const block of blocks) block.sums = createSums();
  for (const block of blocks) {
    const { sums, parent } = block;
    sums.chars += block.chars;
    sums.linked += block.linked;
    sums.commas += block.commas;
    sums.prose += proseOf(block);
    sums.hasMain ||= block.kind === "main" || (block.name === "h1" && !block.isHome);
    if (HEADING.test(block.name)) {
      sums.hasHeading = true;
      if (sums.linked > MIN_TEASER_LINK * sums.chars) sums.teasers += 1;
    }
    block.isDropped = parent !== undefined && isDropped(block);
    if (parent && block.isDropped) parent.sums.dropped += sums.chars + sums.dropped;
    else if (parent) addTo(parent.sums, block);
  }
  return blocks.at(-1)?.sums ?? createSums();
}

/** @param {Block} block */
export const proseOf = ({ chars, linked }) =>
  chars >= MIN_PARAGRAPH && linked <= MAX_PARAGRAPH_LINKS * chars ? chars : 0;

/**
 * Returns whether a block is a thread. A thread is a list of comments or a column after the
 * article. In paragraphs, such a column has at most `MAX_BESIDE` times as much text as the page
 * before it.
 * @param {Block} block
 * @param {number} prose characters of prose in the block
 */
export function isThread({ kind, before }, prose) {
  if (before < MIN_MAIN) return false;
  return kind === "comments" || (kind === "beside" && prose <= MAX_BESIDE * before);
}

/** @param {Sums} total @param {Block} block */
function addTo(total, block) {
  const { sums } = block;
  total.chars += sums.chars;
  total.linked += sums.linked;
  total.commas += sums.commas;
  total.prose += sums.prose;
  total.dropped += sums.dropped;
  total.hasMain ||= sums.hasMain;
  total.hasHeading ||= sums.hasHeading;
  total.teasers += sums.teasers;
  if (sums.prose > (total.largest?.sums.prose ?? 0)) total.largest = block;
}

/**
 * Returns whether the name of a block's element shows that the block is not part of the content.
 * @param {Block} block
 */
function isOutside({ name, isInContent, sums, parent }) {
  if (isInContent) {
    return name === "footer" && sums.prose === 0 && parent?.name !== "blockquote";
  }
  const isHead = name === "header" && sums.prose === 0 && !sums.hasMain;
  return name === "footer" || name === "aside" || isHead;
}

/**
 * Returns whether the name, the class or the id of a block shows that the block is boilerplate.
 * @param {Block} block
 */
function isNamedBoilerplate(block) {
  if (isOutside(block) || block.name === "form") return true;
  return /^(?:comments|beside|boilerplate)$/.test(block.kind) && !block.sums.hasMain;
}

/**
 * @param {Block} block
 * @param {number} prose characters of the whole page
 */
function isBoilerplate(block, prose) {
  const { sums, name, isThread } = block;
  if (isThread && !sums.hasMain) return true;
  if (sums.prose > MAX_DROPPED_SHARE * prose) return false;
  if (isNamedBoilerplate(block)) return true;
  return isRest(name, sums) || isLinks(name, sums);
}

/**
 * Returns whether a block has little text except in dropped inner blocks. An example is the heading
 * of a dropped list.
 * @param {string} name
 * @param {Sums} sums
 */
const isRest = (name, { chars, dropped, prose, hasMain }) =>
  CONTAINER.test(name) && chars < MAX_REST && dropped > chars && prose === 0 && !hasMain;

/**
 * Returns whether a block is a menu, or a list of related pages.
 * @param {string} name
 * @param {Sums} sums
 */
function isLinks(name, { chars, linked, commas, prose, teasers }) {
  if (!CONTAINER.test(name) || commas >= MIN_COMMAS) return false;
  if (CELL.test(name) && chars < MIN_LINKED_CELL) return false;
  const isText = CELL.test(name) || (prose > 0 && chars > MAX_TEASER * teasers);
  return linked > (isText ? MAX_LINKS_IN_TEXT : MAX_LINKS) * chars;
}

/**
 * Returns the innermost block with most of the page's prose.
 * @param {Block} root
 */
function innermost(root) {
  const enough = MAIN_SHARE * root.sums.prose;
  let main = root;
  for (;;) {
    const { largest } = main.sums;
    if (!largest || largest.sums.prose < enough || TEXT.test(largest.name)) return main;
    main = largest;
  }
}

/**
 * Returns the block around the main block. Drops the neighbours of the main block that do not
 * belong to the article.
 * @param {Block} main
 * @param {Block[]} blocks
 */
function withNeighbours(main, blocks) {
  let inner = main;
  // If a parent has no other text, the main block has no neighbours in this parent. Use the parent
  // instead.
  while (inner.parent && inner.parent.sums.chars === inner.sums.chars) inner = inner.parent;
  const { parent } = inner;
  if (!parent || main.kind === "main") return inner;
  for (const block of blocks) {
    if (block.parent === parent && block !== inner) block.isDropped ||= !belongs(block, inner);
  }
  return parent;
}

/**
 * Returns the paragraphs before the main block in the same article. The lead of an article is often
 * in a header of its own, outside some of the blocks around the main block. Such a header also has
 * the names of sections, buttons and dates, which are left out.
 * @param {Block} main
 * @param {Block[]} blocks
 */
function leads(main, blocks) {
  /** The blocks around the main block, up to the article. */
  const outer = new Set();
  for (let { parent } = main; parent && outer.size < MAX_LEVELS; parent = parent.parent) {
    if (WHOLE.test(parent.name)) break;
    outer.add(parent);
    if (isArticle(parent) || isMarkedMain(parent)) break;
  }
  const headers = blocks.filter(
    (block) =>
      block.end <= main.begin &&
      block.parent &&
      outer.has(block.parent) &&
      !block.isDropped &&
      block.kind !== "beside" &&
      block.sums.prose > 0 &&
      block.sums.linked <= MAX_LINKS_BEFORE * block.sums.chars,
  );
  let at = 0;
  return outermost(blocks, (block) => {
    // Both lists have the blocks in the order of their ends.
    while ((headers[at]?.end ?? Infinity) < block.end) at += 1;
    const header = headers[at];
    if (!header || block.begin < header.begin) return false;
    return header.sums.prose >= MIN_LONG_LEAD ? block === header : proseOf(block) > 0;
  });
}

/**
 * Returns whether a neighbour of the main block belongs to the article. Before the main block, a
 * short text in a container is the name of a section, a button or a counter.
 * @param {Block} block
 * @param {Block} main
 */
function belongs({ name, kind, sums, begin }, main) {
  const isText = sums.prose > 0 || TEXT.test(name);
  if (begin < main.begin) {
    const isShort = sums.chars < MAX_REST && !isText && !sums.hasHeading;
    if (isShort && kind !== "byline" && CONTAINER.test(name) && name !== "figure") return false;
    return sums.linked <= MAX_LINKS_BEFORE * sums.chars;
  }
  return isText && sums.linked <= MAX_LINKS_AFTER * sums.chars;
}

/**
 * Returns the blocks for which `isWanted` returns true. Leaves out blocks inside another such
 * block, and blocks inside a dropped block.
 * @param {Block[]} blocks
 * @param {(block: Block) => boolean} isWanted
 */
function outermost(blocks, isWanted) {
  /** @type {Block[]} */
  const found = [];
  for (const block of blocks) {
    // The list has inner blocks before their outer block. If the outer block is wanted or dropped,
    // remove its inner blocks.
    if (!block.isDropped && !isWanted(block)) continue;
    while (found.length > 0 && (found.at(-1)?.begin ?? 0) > block.begin) found.pop();
    if (!block.isDropped) found.push(block);
  }
  return found;
}

/**
 * Returns the range of a block's content, without the block's own element. The block's element may
 * be a table cell or a list item that only serves the layout. Markdown must not contain it as a
 * cell or an item.
 * @param {Block} block
 */
const contents = ({ name, begin, end }) =>
  name === "#root" ? { begin, end } : { begin: begin + 1, end: end - 1 };
