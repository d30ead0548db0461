// Paths of browsers, and the packages that install them.
import { UserError } from "./process.mjs";

const chromiumHelp =
  "install Chromium or Chrome (Debian: apt-get install chromium), or set CHROME_PATH";
const webkit = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (platform) => `/usr/lib/${platform}/webkit2gtk-4.1/MiniBrowser`,
);

export const browsers = {
  chromium: {
    packages: ["chromium"],
    find: (on) =>
      named("CHROME_PATH", on) ??
      [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/usr/bin/google-chrome-stable",
        "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
      ].find(on.exists),
    help: chromiumHelp,
  },
  /**
   * Chromium's headless shell: Chromium's engine without a user interface. The shell needs 25 %
   * less CPU time than Chromium. If the shell is missing, the tests use Chromium.
   */
  "chromium-headless": {
    packages: ["chromium-headless-shell"],
    find: (on) => named("CHROME_PATH", on) ?? ["/usr/bin/chromium-headless-shell"].find(on.exists),
    orElse: "chromium",
    help: chromiumHelp,
  },
  firefox: {
    packages: ["firefox-esr"],
    find: (on) =>
      named("FIREFOX_PATH", on) ??
      [
        "/usr/bin/firefox-esr",
        "/usr/bin/firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
      ].find(on.exists),
    help: "install Firefox (Debian: apt-get install firefox-esr), or set FIREFOX_PATH",
  },
  webkit: {
    packages: ["webkit2gtk-driver", "xvfb"],
    /** WebKitWebDriver starts WebKitGTK's MiniBrowser, which needs a screen such as Xvfb. */
    find: (on) =>
      ["/usr/bin/WebKitWebDriver", "/usr/bin/Xvfb"].every(on.exists) && webkit.find(on.exists),
    help: "install WebKitGTK's driver and Xvfb (Debian: apt-get install webkit2gtk-driver xvfb)",
  },
};

/** Returns the path that an environment variable contains. Throws if no file has this path. */
function named(variable, { env, exists }) {
  if (!env[variable]) return undefined;
  if (!exists(env[variable]))
    throw new UserError(`${variable} names ${env[variable]}, which does not exist.`);
  return env[variable];
}

/** Returns the path of a browser or of its replacement, or undefined if both are missing. */
export const browserPath = (name, on) =>
  browsers[name].find(on) ||
  (browsers[name].orElse && browserPath(browsers[name].orElse, on)) ||
  undefined;
