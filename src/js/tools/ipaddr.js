// The build puts ipaddr.js itself in this file's place, with its licence beside it.

export { default } from "ipaddr.js";
