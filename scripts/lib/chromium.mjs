// Where a Chromium may be.
import { Stop } from "./process.mjs";

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A path, or undefined. CHROME_PATH wins, and must be right when it is set. */
export function findChromium({ env, exists }) {
  if (!env.CHROME_PATH) return usual.find(exists);
  if (!exists(env.CHROME_PATH)) throw new Stop(`CHROME_PATH names ${env.CHROME_PATH}, and there is no such file.`);
  return env.CHROME_PATH;
}
