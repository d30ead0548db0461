// The ways to connect models, shown in the settings while the sample panel is chosen.
import { h, setShown, setText } from "../dom.js";
import { plural } from "../text/format.js";
import { availability, download } from "./browser-model.js";
import { findServers, panelOf } from "./local-servers.js";

/** Chrome does not tell a page the size. This is the size of its model in 2026. */
const DOWNLOAD_SIZE = "about 4 GB";

/**
 * This function is long because its inner functions share the elements.
 * @param host the element that gets a button for each way to connect models
 * @param signIn starts the sign-in with OpenRouter; rejects with a message for the person
 * @param chooseProvider `(provider)` changes the provider in the settings
 * @param chooseServer `(url, models)` uses a server on this machine
 * @param onConnected called after models have been connected
 * @param onChecked called with whether the browser's model can be used at once
 */
export function createConnect(
  host,
  { signIn, chooseProvider, chooseServer, onConnected, onChecked },
) {
  const note = h("p", { class: "fine", role: "status" });
  const found = h("div", { class: "picks" });
  const browserWay = way("Use this browser’s model", "", startBrowser);
  const signInWay = way("Sign in with OpenRouter", "Hundreds of models with one account.", () =>
    signIn().catch(({ message }) => setText(note, message)),
  );
  signInWay.classList.add("first");
  host.append(
    h("h3", { id: "connect-title" }, "Connect your models"),
    h("p", { class: "problem", id: "connect-problem", role: "alert" }),
    signInWay,
    browserWay,
    way("Look for models on this machine", "Ollama or LM Studio. Free and private.", look),
    way("Enter a key or an address", "OpenAI, Anthropic, Google, xAI or your own server.", () =>
      chooseProvider("custom"),
    ),
    note,
    found,
  );
  setShown(browserWay, false);
  /** "available", "downloadable" or "downloading" */
  let state = "unavailable";
  let isConfirmed = false;

  async function checkBrowser() {
    state = await availability();
    setShown(browserWay, state !== "unavailable");
    onChecked(state === "available");
    const size = state === "available" ? "" : ` Needs a download of ${DOWNLOAD_SIZE} first.`;
    const about = `Free and private. One small model in three seats with different instructions.`;
    setText(browserWay.querySelector(".fine"), about + size);
  }

  async function startBrowser() {
    if (state === "available") return finish(() => chooseProvider("browser"));
    if (!isConfirmed) return confirmDownload();
    // Call `download()` before any `await`, because the browser allows a download only during the
    // click.
    const loading = download((loaded) =>
      setText(note, `Downloading the model: ${Math.floor(loaded * 100)} %.`),
    );
    setText(note, "Downloading the model: 0 %.");
    found.replaceChildren();
    browserWay.disabled = true;
    try {
      await loading;
      setText(note, "");
      state = "available";
      finish(() => chooseProvider("browser"));
    } catch ({ message }) {
      setText(note, `The download failed: ${message}`);
    }
    browserWay.disabled = false;
  }

  function confirmDownload() {
    const size = `The browser downloads its model once, ${DOWNLOAD_SIZE}.`;
    say(`${size} It needs 22 GB of free disk space and may take a while.`);
    const start = pick(`Download ${DOWNLOAD_SIZE}`, () => {
      isConfirmed = true;
      startBrowser();
    });
    found.replaceChildren(start, pick("Cancel", clear));
    start.focus();
  }

  async function look() {
    clear();
    setText(note, "Looking on this machine…");
    const servers = (await findServers()).filter(({ models }) => models.length > 0);
    if (servers.length === 0) return say(nothingText());
    setText(note, "Found on this machine:");
    const buttons = servers.map(({ name, url, models }) =>
      pick(`Use ${name}, ${plural(models.length, "model")}`, () =>
        finish(() => chooseServer(url, panelOf(models))),
      ),
    );
    found.replaceChildren(...buttons);
    buttons[0].focus();
  }

  function say(sentence) {
    setText(note, sentence);
    note.scrollIntoView({ block: "nearest" });
  }

  function finish(use) {
    use();
    clear();
    onConnected();
  }

  function clear() {
    setText(note, "");
    found.replaceChildren();
    isConfirmed = false;
  }

  return { checkBrowser };
}

function way(label, about, onclick) {
  const text = [h("strong", {}, label), h("span", { class: "fine" }, about)];
  return h("button", { type: "button", class: "way", onclick }, text);
}

const pick = (label, onclick) => h("button", { type: "button", class: "pick", onclick }, label);

function nothingText() {
  return [
    "Neither Ollama (port 11434) nor LM Studio (port 1234) answered with a model.",
    "Is one of them running?",
    `It must allow this page: for Ollama set OLLAMA_ORIGINS=${location.origin},`,
    "in LM Studio switch on “Enable CORS”.",
  ].join(" ");
}
