// Signs in at OpenRouter with OAuth PKCE. OpenRouter redirects the user back with a code. Only this
// tab can exchange the code for a key. https://openrouter.ai/docs/use-cases/oauth-pkce
import { OPENROUTER } from "./endpoints.js";
import { saveKey } from "./keys.js";

const VERIFIER_KEY = "llm-fuse.verifier";
const ON_DEVICE_KEY = "llm-fuse.keep";
const PASTE = "You can paste a key instead.";
const TRY_AGAIN = "Sign in again, or paste a key.";

/**
 * Starts the sign-in and leaves the page.
 * @param onDevice whether the key is saved on the device
 */
export async function signIn(onDevice) {
  if (!isSecureContext) {
    throw new Error(`Sign-in needs this page to be opened over https or locally. ${PASTE}`);
  }
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  try {
    sessionStorage.setItem(VERIFIER_KEY, verifier);
    sessionStorage.setItem(ON_DEVICE_KEY, onDevice ? "yes" : "");
  } catch {
    throw new Error(`This browser blocks storage for this page, which sign-in needs. ${PASTE}`);
  }
  const query = new URLSearchParams({
    callback_url: location.origin + location.pathname,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.assign(`${new URL(OPENROUTER).origin}/auth?${query}`);
}

/**
 * Finishes a sign-in if the page's URL has a code. Removes the code from the URL first. Uses the
 * verifier only once.
 * @returns undefined if the URL has no code and no error. Otherwise returns `{ problem }`. After
 *   success, `problem` is ""
 */
export async function finishSignIn() {
  const address = new URL(location.href);
  const code = address.searchParams.get("code");
  const error = address.searchParams.get("error");
  if (code === null && error === null) return undefined;
  for (const name of ["code", "error", "error_description"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
  const verifier = takeStored(VERIFIER_KEY);
  const onDevice = takeStored(ON_DEVICE_KEY) === "yes";
  if (!verifier) {
    return failed("This tab did not start that sign-in, so the page ignored it.");
  }
  if (!code) return failed("OpenRouter did not sign you in.");
  try {
    return await exchange(code, verifier, onDevice);
  } catch {
    return failed("OpenRouter could not be reached to finish the sign-in.");
  }
}

async function exchange(code, verifier, onDevice) {
  const body = { code, code_verifier: verifier, code_challenge_method: "S256" };
  const response = await fetch(`${OPENROUTER}/auth/keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status === 403) {
    return failed("OpenRouter did not accept the sign-in; its code may have expired.");
  }
  if (!response.ok) return failed(`OpenRouter answered ${response.status} to the sign-in.`);
  const { key } = await response.json();
  if (typeof key !== "string" || !key) return failed("OpenRouter sent no key.");
  saveKey(new URL(OPENROUTER).origin, key, onDevice);
  return { problem: "" };
}

const failed = (sentence) => ({ problem: `${sentence} ${TRY_AGAIN}` });

/** Returns a stored value and removes it. */
function takeStored(key) {
  try {
    const value = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return value;
  } catch {
    return null;
  }
}

function base64url(bytes) {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
