// The formats of a conversation outside of the page. `index.js` loads this module when needed.
export { fromHash, toLink } from "./link.js";
export { MAX_FILE_BYTES, ReadError, readConversation } from "./read.js";
export { toJson, toMarkdown } from "./write.js";
