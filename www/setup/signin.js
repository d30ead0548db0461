// Signing in at OpenRouter (PKCE): it sends the person back here with a code, which only this tab can exchange for a key.
import { saveKey } from "./keys.js";
import { OPENROUTER } from "./endpoints.js";

const VERIFIER = "llm-fuse.verifier";
const KEEP = "llm-fuse.keep";
const AGAIN = "Sign in again, or paste a key.";

/** Leaves the page for OpenRouter's. */
export async function signIn(keep) {
  if (!isSecureContext) throw new Error("Sign-in needs this page to be opened over https or from this machine. You can paste a key instead.");
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
  try {
    sessionStorage.setItem(VERIFIER, verifier);
    sessionStorage.setItem(KEEP, keep ? "yes" : "");
  } catch {
    throw new Error("This browser blocks storage for this page, and sign-in needs it. You can paste a key instead.");
  }
  const query = new URLSearchParams({ callback_url: location.origin + location.pathname, code_challenge: challenge, code_challenge_method: "S256" });
  location.assign(`${new URL(OPENROUTER).origin}/auth?${query}`);
}

/** What the return from there brought: undefined where this is none, else `{ problem }`, empty when there is a key now.
 *  The code leaves the address before anything else happens, and the verifier serves once. */
export async function finishSignIn() {
  const address = new URL(location.href);
  const code = address.searchParams.get("code");
  const refused = address.searchParams.get("error");
  if (code === null && refused === null) return undefined;
  for (const name of ["code", "error", "error_description"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
  const [verifier, keep] = [take(VERIFIER), take(KEEP)];
  if (!verifier) return { problem: `This tab did not start that sign-in, so the page ignored it. ${AGAIN}` };
  if (!code) return { problem: `OpenRouter did not sign you in. ${AGAIN}` };
  try {
    const response = await fetch(`${OPENROUTER}/auth/keys`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, code_verifier: verifier, code_challenge_method: "S256" }),
    });
    if (response.status === 403) return { problem: `OpenRouter did not accept the sign-in; its code may have expired. ${AGAIN}` };
    if (!response.ok) return { problem: `OpenRouter answered ${response.status} to the sign-in. ${AGAIN}` };
    const { key } = await response.json();
    if (typeof key !== "string" || !key) return { problem: `OpenRouter sent no key. ${AGAIN}` };
    saveKey(new URL(OPENROUTER).origin, key, keep === "yes");
    return { problem: "" };
  } catch {
    return { problem: `OpenRouter could not be reached to finish the sign-in. ${AGAIN}` };
  }
}

function take(slot) {
  try {
    const value = sessionStorage.getItem(slot);
    sessionStorage.removeItem(slot);
    return value;
  } catch {
    return null;
  }
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
