// What the page must know of shared links before it reads or writes one.

/** Maximum length of a link. Chat programs and mail clients cut longer links. */
export const MAX_LINK_CHARS = 8192;
export const PREFIX = "#conversation=";

export const isShared = (hash) => hash.startsWith(PREFIX);
