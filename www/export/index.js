// The export dialog. Also opens a conversation from a link or a file.
import { setShown, setText } from "../dom.js";
import { nameOf, path } from "../state/conversation.js";
import { isShared, MAX_LINK_CHARS } from "./shared-link.js";

const formats = () => import("./formats.js");

/**
 * This function is long because its inner functions share the conversation that came from a link.
 * @param dialog the export dialog
 * @param opener the button that opens the dialog
 * @param banner the element above a conversation from a link
 * @param note the element that says why a link cannot be opened
 * @param app see `createApp()`
 * @param save stores the shown conversation
 */
export function createExport({ dialog, opener, banner, note, app, save }) {
  const at = (id) => dialog.querySelector(`#${id}`);
  /**
   * The conversation that came from a link, as long as it is not stored: `{ conversation, turns }`.
   * `turns` is the number of its turns when it was opened. If there is no such conversation, null.
   */
  let imported = null;

  const showStatus = (text) => setText(at("export-status"), text);
  const lastTurn = () => app.conversation.turns.find(({ id }) => id === app.conversation.head);
  const toSnapshotJson = () => `${JSON.stringify(lastTurn().snapshot, null, 1)}\n`;

  opener.addEventListener("click", () => {
    showStatus("");
    setShown(at("save-snapshot"), lastTurn()?.snapshot);
    dialog.showModal();
  });
  at("close-export").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  for (const [id, toText, ending, type] of [
    [
      "save-markdown",
      async () => (await formats()).toMarkdown(app.conversation),
      "md",
      "text/markdown",
    ],
    [
      "save-json",
      async () => (await formats()).toJson(app.conversation),
      "json",
      "application/json",
    ],
    ["save-snapshot", toSnapshotJson, "snapshot.json", "application/json"],
  ]) {
    at(id).addEventListener("click", async () => {
      const name = `${fileName(nameOf(app.conversation))}.${ending}`;
      download(await toText(), name, type);
      showStatus(`Saved as ${name}.`);
    });
  }
  at("copy-link").addEventListener("click", async () => {
    showStatus(await copyLink(app.conversation));
  });

  function setImported(conversation) {
    imported = conversation && { conversation, turns: conversation.turns.length };
    setShown(banner, imported);
  }

  function forgetLink() {
    setImported(null);
    if (!isShared(location.hash)) return;
    window.history.replaceState(null, "", location.pathname + location.search);
  }

  banner.querySelector(".save-imported").addEventListener("click", () => {
    forgetLink();
    save(app.conversation);
    opener.focus();
  });
  banner.querySelector(".close-imported").addEventListener("click", () => app.open());
  addEventListener("hashchange", () => openLink());

  /** Opens the conversation in the page's URL. Returns whether the URL contains one. */
  async function openLink() {
    const { hash } = location;
    if (!isShared(hash)) return false;
    try {
      const { fromHash } = await formats();
      const conversation = await fromHash(hash);
      setImported(conversation);
      app.open(conversation);
      setText(note, "");
    } catch (error) {
      setText(note, `The conversation in this link cannot be opened. ${publicMessage(error)}`);
      forgetLink();
    }
    return true;
  }

  return {
    openLink,
    /**
     * Returns whether the conversation came from a link and must not be stored. It is stored after
     * the person asks a question in it.
     */
    isImported(conversation) {
      const { conversation: shown } = app;
      if (imported?.conversation !== shown || shown.turns.length > imported.turns) forgetLink();
      return conversation === imported?.conversation;
    },
    /** Opens a file. Throws an Error whose message is shown to the person. */
    async importFile(file) {
      const { MAX_FILE_BYTES, ReadError, readConversation } = await formats();
      if (file.size > MAX_FILE_BYTES) {
        throw new ReadError(`It is larger than ${MAX_FILE_BYTES / 1e6} MB.`);
      }
      try {
        app.open(readConversation(await file.text()));
      } catch (error) {
        throw new Error(publicMessage(error), { cause: error });
      }
    },
  };
}

function download(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser needs the URL until the download has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Copies the link. Returns the sentence to show. */
async function copyLink(conversation) {
  const files = path(conversation).flatMap(({ question }) => question.files ?? []);
  const lack = { 0: "", 1: ", without its file" }[files.length] ?? ", without its files";
  const link = shortLink(conversation);
  try {
    await copyText(link);
    const size = kB((await link).length);
    return `Link copied (${size}). Anyone with the link can read this conversation${lack}.`;
  } catch {
    // If the link is too long, show the message of `shortLink()`.
    return link.then(
      () => "The browser blocked copying.",
      ({ message }) => message,
    );
  }
}

async function shortLink(conversation) {
  const { toLink } = await formats();
  const link = await toLink(conversation);
  if (link.length <= MAX_LINK_CHARS) return link;
  const limit = `Many programs cut links over ${kB(MAX_LINK_CHARS)}.`;
  const instead = "Save the JSON file instead; it opens under History.";
  throw new Error(`Too long for a link: ${kB(link.length)}. ${limit} ${instead}`);
}

/**
 * Copies a text that is not ready yet. WebKit allows access to the clipboard only during the click.
 * Therefore the clipboard gets a promise of the text at once.
 */
async function copyText(text) {
  const { clipboard } = navigator;
  if (!clipboard.write || !window.ClipboardItem) return clipboard.writeText(await text);
  const blob = text.then((ready) => new Blob([ready], { type: "text/plain" }));
  // If `blob` rejects, some browsers refuse the item without handling the rejection. Handle it
  // here.
  blob.catch(() => {});
  return clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

function publicMessage(error) {
  return error.name === "ReadError" ? error.message : "It could not be read.";
}

const kB = (characters) => `${(characters / 1000).toFixed(1)} kB`;

function fileName(name) {
  const words = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return words.slice(0, 60) || "conversation";
}
