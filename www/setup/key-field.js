// The field for the API key, with its buttons: save on the device, forget, test, sign in.
import { setShown, setText } from "../dom.js";
import { endpointUrl } from "./endpoints.js";
import { forgetKey, readKey, saveKey } from "./keys.js";
import { testKey } from "./providers.js";
import { finishSignIn, signIn } from "./signin.js";

/**
 * This function is long because its inner functions share the field.
 * @param at finds an element by its id
 * @param settings the current settings. The key is stored for the origin of their URL
 * @param onInput called after each change of the field
 * @param onChange called after the key in use has changed
 */
export function createKeyField({ at, settings, onInput, onChange }) {
  const origin = () => endpointUrl(settings)?.origin;
  const value = () => at("key").value.trim();
  const showNote = (sentence) => setText(at("key-note"), sentence);
  const isOnDevice = () => at("keep").checked;

  /** Shows the stored key of the current origin. */
  function show() {
    const { key, isSaved } = origin() ? readKey(origin()) : { key: "", isSaved: false };
    at("key").value = key;
    at("keep").checked = isSaved;
    showNote("");
    onInput();
    onChange();
  }

  function save() {
    if (!origin()) return;
    saveKey(origin(), value(), isOnDevice());
    onInput();
  }

  async function test() {
    const tested = { key: value(), origin: origin() };
    showNote("Testing…");
    const result = await testKey(settings, tested.key).catch((error) => {
      const isNetworkError = error instanceof TypeError;
      return isNetworkError ? "No connection: the key could not be tested." : error.message;
    });
    // The person may have changed the key or the URL during the test.
    if (tested.key === value() && tested.origin === origin()) showNote(result);
  }

  at("key").addEventListener("input", () => {
    save();
    showNote("");
  });
  at("key").addEventListener("change", onChange);
  at("keep").addEventListener("change", save);
  at("forget").addEventListener("click", () => {
    if (origin()) forgetKey(origin());
    show();
  });
  at("sign-in").addEventListener("click", () => {
    signIn(isOnDevice()).catch(({ message }) => showNote(message));
  });
  at("test-key").addEventListener("click", test);

  return {
    value,
    show,
    signIn: () => signIn(isOnDevice()),
    drawHost(host) {
      setShown(at("forget"), value());
      at("sign-in").classList.toggle("has-key", Boolean(value()));
      const until = isOnDevice()
        ? "Saved on this device until you press Forget."
        : "Deleted when the tab closes.";
      setText(at("key-where"), `Sent only to ${host}. ${until}`);
    },
    /** Returns the key for a turn's setup or for settings. */
    keyFor(setup) {
      const target = endpointUrl(setup)?.origin;
      if (target === origin()) return value();
      return target ? readKey(target).key : "";
    },
    /**
     * Finishes a sign-in and shows the result.
     * @param onReturn called if the person has come back from OpenRouter, before the result is
     *   shown
     */
    async finishSignIn(onReturn) {
      const outcome = await finishSignIn();
      if (!outcome) return;
      onReturn();
      showNote(outcome.problem || "You are signed in.");
    },
  };
}
