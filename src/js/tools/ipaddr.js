// The build replaces this file by a bundle of ipaddr.js and adds its licence.

export { default } from "ipaddr.js";
