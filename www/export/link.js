// Puts a conversation into a link: compressed JSON in the URL fragment. Browsers send the fragment
// to no server.
import { ReadError, readConversation } from "./read.js";
import { PREFIX } from "./shared-link.js";
import { toLinkJson } from "./write.js";

/** Limit after decompression, because a short link can decompress to gigabytes. */
const MAX_UNPACKED_BYTES = 500_000;

/** Returns the link. It may be longer than `MAX_LINK_CHARS`. */
export async function toLink(conversation) {
  const json = new Blob([toLinkJson(conversation)]).stream();
  const packed = json.pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const base64url = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.origin}${location.pathname}${PREFIX}${base64url}`;
}

/** Returns the conversation in a fragment. Throws a ReadError if the fragment is invalid. */
export async function fromHash(hash) {
  const json = await unpack(hash.slice(PREFIX.length)).catch((error) => {
    if (error instanceof ReadError) throw error;
    throw new ReadError("The link is incomplete or was changed.");
  });
  const conversation = readConversation(json);
  // Remove the snapshots, so that the receiver of a link cannot continue the run at their own cost.
  for (const turn of conversation.turns) turn.snapshot = null;
  return conversation;
}

async function unpack(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  const json = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = json.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.length;
    if (size > MAX_UNPACKED_BYTES) {
      reader.cancel().catch(() => {});
      throw new ReadError("It is larger than this page accepts in a link.");
    }
    parts.push(value);
  }
}
