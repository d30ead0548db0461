// Taking a conversation along, and opening one that came from elsewhere.
import { setShown, setText } from "../dom.js";
import { MOST_CHARACTERS, fromHash, isShared, toLink } from "./link.js";
import { MOST_BYTES, Refusal, readConversation } from "./read.js";
import { called, toJSON, toMarkdown } from "./write.js";

/** @param dialog what can be taken along; @param opener the button that opens it
 *  @param banner stands above a conversation that came by a link; @param note where it stands that a link cannot be read
 *  @param app see `createApp()`; @param keep keeps the conversation that is shown */
export function createExport({ dialog, opener, banner, note, app, keep }) {
  const at = (id) => dialog.querySelector(`#${id}`);
  /** The conversation that came by a link and is not kept, with how many turns it had. */
  let guest = null;

  const said = (words) => setText(at("export-status"), words);
  const last = () => app.conversation.turns.find(({ id }) => id === app.conversation.head);

  opener.addEventListener("click", () => {
    said("");
    setShown(at("save-snapshot"), last()?.snapshot);
    dialog.showModal();
  });
  at("close-export").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  at("save-markdown").addEventListener("click", () => save(toMarkdown(app.conversation), "md", "text/markdown"));
  at("save-json").addEventListener("click", () => save(toJSON(app.conversation), "json", "application/json"));
  at("save-snapshot").addEventListener("click", () => save(`${JSON.stringify(last().snapshot, null, 1)}\n`, "snapshot.json", "application/json"));
  at("copy-link").addEventListener("click", copyLink);

  function save(text, ending, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${fileName(called(app.conversation))}.${ending}`;
    link.click();
    // Once the download has begun it no longer needs the address.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    said(`Saved as ${link.download}.`);
  }

  async function copyLink() {
    const link = await toLink(app.conversation);
    if (link.length > MOST_CHARACTERS) return said(`Too long for a link: ${kB(link.length)}. Many programs cut links over ${kB(MOST_CHARACTERS)}. Save the JSON file instead; it opens under History.`);
    try {
      await navigator.clipboard.writeText(link);
      said(`Link copied (${kB(link.length)}). Anyone with the link can read this conversation.`);
    } catch {
      said("The browser blocked copying.");
    }
  }

  function show(conversation) {
    guest = conversation && { conversation, turns: conversation.turns.length };
    setShown(banner, guest);
  }

  function leave() {
    show(null);
    if (isShared(location.hash)) window.history.replaceState(null, "", location.pathname + location.search);
  }

  banner.querySelector(".save-imported").addEventListener("click", () => {
    leave();
    keep(app.conversation);
    opener.focus();
  });
  banner.querySelector(".close-imported").addEventListener("click", () => app.open());
  addEventListener("hashchange", () => opened());

  /** @returns whether the page was opened by a link with a conversation in it */
  async function opened() {
    const { hash } = location;
    if (!isShared(hash)) return false;
    try {
      const conversation = await fromHash(hash);
      show(conversation);
      app.open(conversation);
      setText(note, "");
    } catch (error) {
      setText(note, `The conversation in this link cannot be opened. ${words(error)}`);
      leave();
    }
    return true;
  }

  return {
    opened,
    /** Whether this is another's and must not be kept. With the first question that is asked in it, it is the reader's own. */
    isImported(conversation) {
      if (guest?.conversation !== app.conversation || app.conversation.turns.length > guest.turns) leave();
      return conversation === guest?.conversation;
    },
    /** @param file as it was chosen; throws an Error in words for the person */
    async take(file) {
      if (file.size > MOST_BYTES) throw new Refusal(`It is larger than ${MOST_BYTES / 1e6} MB.`);
      try {
        app.open(readConversation(await file.text()));
      } catch (error) {
        throw new Error(words(error), { cause: error });
      }
    },
  };
}

const words = (error) => (error instanceof Refusal ? error.message : "It could not be read.");
const kB = (characters) => `${(characters / 1000).toFixed(1)} kB`;
const fileName = (name) => name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "conversation";
