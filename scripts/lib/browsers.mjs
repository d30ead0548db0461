// Where browsers may be, and how one gets them.
import { UserError } from "./process.mjs";

const chromiumHelp = "install Chromium or Chrome (Debian: apt-get install chromium), or set CHROME_PATH";
const webkit = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((platform) => `/usr/lib/${platform}/webkit2gtk-4.1/MiniBrowser`);

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
  /** The same browser without its windows, at three quarters of the cost; where there is none, the one above does. */
  "chromium-headless": {
    packages: ["chromium-headless-shell"],
    find: (on) => named("CHROME_PATH", on) ?? ["/usr/bin/chromium-headless-shell"].find(on.exists),
    orElse: "chromium",
    help: chromiumHelp,
  },
  firefox: {
    packages: ["firefox-esr"],
    find: (on) => named("FIREFOX_PATH", on) ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"].find(on.exists),
    help: "install Firefox (Debian: apt-get install firefox-esr), or set FIREFOX_PATH",
  },
  webkit: {
    packages: ["webkit2gtk-driver", "xvfb"],
    /** The small browser that comes with the driver; it needs a screen, real or not. */
    find: (on) => ["/usr/bin/WebKitWebDriver", "/usr/bin/Xvfb"].every(on.exists) && webkit.find(on.exists),
    help: "install WebKitGTK's driver and Xvfb (Debian: apt-get install webkit2gtk-driver xvfb)",
  },
};

/** What the environment names must be there. */
function named(variable, { env, exists }) {
  if (!env[variable]) return undefined;
  if (!exists(env[variable])) throw new UserError(`${variable} names ${env[variable]}, and there is no such file.`);
  return env[variable];
}

/** Where the browser is, or the one that does as well; undefined where neither is. */
export const browserPath = (name, on) => browsers[name].find(on) || (browsers[name].orElse && browserPath(browsers[name].orElse, on)) || undefined;
