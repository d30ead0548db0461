// The build puts htmlparser2 and entities themselves in this file's place, with
// their licences beside them. One file holds both: they share a table of 11 kB.

export { decodeHTMLStrict } from "entities/decode";
export { Parser } from "htmlparser2";
