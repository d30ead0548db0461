// The build replaces this file by a bundle of eventsource-parser and adds its licence.

export { createParser } from "eventsource-parser";
