// Tests examples/react in Chromium, built by Vite and served by its own server. With
// `SCREENSHOTS=FOLDER`, stores screenshots in the folder.

import { cp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import { frameworksFolder } from "../../scripts/setup.mjs";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, ok } from "../scenarios/assert.mjs";
import { ANALYST, defaultScripts, PANEL, stalled, WRITER } from "../scenarios/fixtures.mjs";
import { sameVersions } from "./versions.mjs";

const source = fileURLToPath(new URL("../../examples/react", import.meta.url));

/** Returns the checks as `{ name, run }`. */
export const exampleReact = (browser) =>
  [
    { name: "examples/react: the server, the page, stop, retry and a closed page", run: shown },
    {
      name: "examples/react: its versions are those of the tests",
      run: () => sameVersions(source),
    },
  ].map(({ name, run }) => ({ name, run: () => run(browser) }));

async function shown(browser) {
  const folder = join(frameworksFolder, "example-react");
  await rm(folder, { recursive: true, force: true });
  await cp(source, folder, { recursive: true });
  await build({ root: folder, configFile: false, logLevel: "error" });
  const provider = await startProvider();
  const session = connect(provider).session("example-react");
  const { createApp } = await import(pathToFileURL(join(folder, "ask.mjs")));
  const fields = { analysis_models: PANEL, analyst: ANALYST, writer: WRITER };
  const options = { baseURL: session.baseURL, apiKey: "sk-example" };
  const server = createServer(createApp(fields, options));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const page = await browser.open(`http://127.0.0.1:${server.address().port}/`);
  page.setDefaultTimeout(30_000);
  const click = (name) => page.getByRole("button", { name }).click();
  const picture = (name) =>
    process.env.SCREENSHOTS && page.screenshot({ path: join(process.env.SCREENSHOTS, name) });
  try {
    await session.script(defaultScripts(stalled));
    await click("Ask");
    await session.until((calls) => calls.length === PANEL.length);
    await picture("react-running.png");
    await click("Stop");
    await page.locator(".error").waitFor();
    const stopped = await session.until(noneOpen);
    ok(
      stopped.every(({ end }) => end === "client_closed"),
      "the calls are closed",
    );
    await picture("react-stopped.png");

    await session.script(defaultScripts());
    await click("Retry");
    await page.getByText("Yes, it is blue.").waitFor();
    await page.getByText("Cost so far").waitFor();
    const panel = page.getByRole("region", { name: "Panel" }).locator("article");
    equal(await panel.count(), PANEL.length);
    ok((await panel.first().textContent()).includes("completed"), "the state of a panelist");
    ok((await page.getByRole("region", { name: "Comparison" }).locator("li").count()) > 0);
    await page.waitForFunction(() => !document.querySelector("button:nth-of-type(3)").disabled);
    await picture("react-completed.png");

    await session.script(defaultScripts(stalled));
    const before = (await session.calls()).length;
    await click("Ask");
    await session.until((calls) => calls.length === before + PANEL.length);
    await page.close();
    const left = await session.until(noneOpen);
    ok(
      left.slice(before).every(({ end }) => end === "client_closed"),
      "the page has left",
    );
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
    await provider.close();
  }
}
