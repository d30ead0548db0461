// A conversation inside a link: compressed into the fragment, which browsers send to no server.
import { Refusal, readConversation } from "./read.js";
import { slim } from "./write.js";

/** Chat programs and mail cut longer ones. */
export const MOST_CHARACTERS = 8192;
/** What a link may unfold to: a short one can be written that would fill the memory. */
const MOST_UNFOLDED = 2_000_000;
const MARK = "#conversation=";

/** @returns the link, however long */
export async function toLink(conversation) {
  const packed = await new Response(new Blob([slim(conversation)]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
  const binary = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  return `${location.origin}${location.pathname}${MARK}${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

export const isShared = (hash) => hash.startsWith(MARK);

/** @returns the conversation in a fragment; throws a Refusal */
export async function fromHash(hash) {
  const json = await unfolded(hash.slice(MARK.length)).catch((error) => {
    throw error instanceof Refusal ? error : new Refusal("The link is incomplete or was changed.");
  });
  const conversation = readConversation(json);
  // A stranger's run does not go on at the reader's cost.
  for (const turn of conversation.turns) turn.snapshot = null;
  return conversation;
}

async function unfolded(packed) {
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let size = 0, part; !(part = await reader.read()).done; ) {
    size += part.value.length;
    if (size > MOST_UNFOLDED) {
      reader.cancel().catch(() => {});
      throw new Refusal("It is larger than this page accepts in a link.");
    }
    parts.push(part.value);
  }
  return new Blob(parts).text();
}
