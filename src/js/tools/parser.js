// The build replaces this file by a bundle of htmlparser2 and entities and adds their licences.
// One file holds both packages, because they share a table of 11 kB.

export { decodeHTMLStrict } from "entities/decode";
export { Parser } from "htmlparser2";
