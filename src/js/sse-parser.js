// The build puts eventsource-parser itself in this file's place, with its licence beside it.

export { createParser } from "eventsource-parser";
