/**
 * The comparison of the panel's answers.
 */

/**
 * The comparison of the panel's answers.
 *
 * A quote is `verified` if the panelist's text contains it as whole words and whole numbers. The
 * comparison ignores case, Markdown emphasis at the edge of a word, and variants of white space,
 * quotation marks and dashes.
 *
 * `survived` is present after a second pass. It is `true` if the second pass confirmed the item: it
 * named the same panelists without knowing the result of the first pass.
 */
export interface Analysis {
  /** Points that all or most panelists make. */
  consensus: {
    point: string;
    panelists: number[];
    models: string[];
    quotes: Quote[];
    survived?: boolean;
  }[];
  /** Topics on which panelists contradict each other. */
  contradictions: {
    topic: string;
    stances: { stance: string; panelist: number; model: string; quotes: Quote[] }[];
    survived?: boolean;
    /** Present if the contradiction was checked; see {@link AnalystSpec.verify}. */
    checked?: CheckedStances;
  }[];
  /** Points that only some panelists make. */
  partial_coverage: {
    point: string;
    panelists: number[];
    models: string[];
    quotes: Quote[];
    survived?: boolean;
  }[];
  /** Points that only one panelist makes. */
  unique_insights: {
    insight: string;
    panelist: number;
    model: string;
    quotes: Quote[];
    survived?: boolean;
  }[];
  /** Points that no panelist makes. */
  blind_spots: { point: string; survived?: boolean }[];
}

/** The outcome of the check of a contradiction. */
export interface CheckedStances {
  /** One entry for each stance of the contradiction, in the same order. */
  stances: StanceCheck[];
}

/** The outcome of the check of a stance. */
export interface StanceCheck {
  /**
   * What the opened pages say about the stance. `unresolved` means that the pages neither support
   * nor refute the stance, or that the model has given no valid evidence.
   */
  verdict: "supported" | "refuted" | "unresolved";
  /**
   * At most 10 items of evidence. Each page is a page whose content a tool has returned in this
   * check.
   */
  evidence: Evidence[];
}

/** A quote from a page that was opened in a check. */
export interface Evidence {
  url: string;
  /** The quote as the model wrote it. May be empty. */
  quote: string;
  /**
   * Whether the page's text contains the quote, by the rules of {@link Quote}. `null` if a tool of
   * the provider opened the page, because the run then does not know the page's text.
   */
  verified: boolean | null;
}

/** A quote that the analyst attributes to a panelist. */
export interface Quote {
  index: number;
  quote: string;
  /**
   * Whether the panelist's text contains the quote. `false` if the quote is so short that it may be
   * in the text by chance.
   */
  verified: boolean;
  /**
   * The start of the quote in the panelist's text, in UTF-16 units. Absent if the quote was not
   * found.
   */
  start?: number;
  /** The quote's end in the panelist's text: `content.slice(start, end)`. */
  end?: number;
  /**
   * Why the quote is not verified. `too_short` means that the quote is not a whole sentence and has
   * fewer than three words. In a script without spaces, it has fewer than 12 characters. New
   * reasons may be added.
   */
  reason?: "not_found" | "too_short";
}

/**
 * The panelists that belong to the same model family as the analyst, the writer or each other. The
 * numbers are indexes of panelists.
 */
export interface Kinship {
  /** Panelists of the analyst's family. */
  analyst: number[];
  /** Panelists of the writer's family. */
  writer: number[];
  /**
   * Groups of panelists of one family with different models, because such panelists share errors.
   * Two panelists with the same model of the same provider form no group.
   */
  panel: number[][];
}
