// Launches WebKitGTK's MiniBrowser on a virtual screen and drives it with WebDriver.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browsers } from "../../scripts/lib/browsers.mjs";
import { system } from "../../scripts/lib/system.mjs";
import { corePath } from "../page/core-path.mjs";
import { sleep } from "../scenarios/assert.mjs";
import { scenariosIn } from "./browser.mjs";
import { sumTallies } from "./report.mjs";

export default async function run({ installed, log, atExit }) {
  const home = await mkdtemp(join(tmpdir(), "llm-fuse-webkit-"));
  const started = [];
  const start = (command, args, options) => {
    const child = spawn(command, args, { detached: true, ...options });
    started.push(child);
    return child;
  };
  const forget = atExit(async () => {
    // Kill process groups, because the driver starts further processes.
    for (const child of started.reverse())
      if (child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  try {
    const display = await screen(start);
    // Switch compositing off. Without a graphics card, direct drawing is faster.
    const env = {
      ...process.env,
      DISPLAY: `:${display}`,
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_CACHE_HOME: home,
      XDG_DATA_HOME: home,
    };
    const port = await freePort();
    start("/usr/bin/WebKitWebDriver", ["--host=127.0.0.1", `--port=${port}`], {
      env,
      stdio: "ignore",
    });
    // Open a new WebDriver session for the scenarios and another one for the core path. If all
    // windows of a session are closed, the session cannot open another window.
    const inSession = async (work) => {
      const browser = await session(`http://127.0.0.1:${port}`);
      try {
        return await work(browser);
      } finally {
        await browser.close();
      }
    };
    const scenarios = await inSession((browser) =>
      scenariosIn(browser, { runtime: "webkit", installed, log }),
    );
    return sumTallies(scenarios, await inSession((browser) => corePath(browser, log)));
  } finally {
    await forget();
  }
}

/** Starts a virtual X display. Returns its number. */
function screen(start) {
  const child = start(
    "/usr/bin/Xvfb",
    ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(Number(String(text))));
    child.once("exit", (code) => reject(new Error(`Xvfb ended with code ${code}`)));
    child.once("error", reject);
  });
}

/** Opens a session. Implements a part of https://www.w3.org/TR/webdriver2/. */
async function session(driver) {
  const ask = async (method, path, body) => {
    const response = await fetch(`${driver}${path}`, {
      method,
      body: body && JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  const capabilities = {
    alwaysMatch: {
      "webkitgtk:browserOptions": { binary: browsers.webkit.find(system), args: ["--automation"] },
    },
  };
  const { sessionId } = await retryUntilListening(() => ask("POST", "/session", { capabilities }));
  const at = `/session/${sessionId}`;
  const [first] = await ask("GET", `${at}/window/handles`);
  let isFirst = true;
  return {
    async open(url) {
      const handle = isFirst
        ? first
        : (await ask("POST", `${at}/window/new`, { type: "tab" })).handle;
      isFirst = false;
      const here = () => ask("POST", `${at}/window`, { handle });
      await here();
      await ask("POST", `${at}/url`, { url });
      return {
        async evaluate(code) {
          await here();
          return ask("POST", `${at}/execute/sync`, { script: `return ${code}`, args: [] });
        },
        async close() {
          await here();
          await ask("DELETE", `${at}/window`);
        },
      };
    },
    close: () => ask("DELETE", at),
  };
}

/** Repeats a request until the driver listens. */
async function retryUntilListening(ask) {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED" || tries > 100) throw error;
      await sleep(100);
    }
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
