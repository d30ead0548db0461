// The one thing here that others wrote. The build puts the library itself in this file's place, with its licence beside it.

export { Parser } from "htmlparser2";
