// Tests the page of examples/worker in a real browser.

import { says } from "../provider/scripts.mjs";
import { equal } from "../scenarios/assert.mjs";
import { KEYS } from "./deploy.mjs";

const TEXT = "The sky is blue. ".repeat(25).trim();

export default [
  {
    name: "page: after a reload in the middle, the page continues with the same run",
    async run(t) {
      await t.session.script({ "*": says(TEXT, { delay: { between_ms: 20 } }) });
      const { address } = await t.start();
      const page = await t.openPage(address);
      await page.fill("[name=prompt]", "Is the sky blue?");
      await page.fill("[name=key]", "guess");
      await page.click("button");
      await page.waitForFunction(
        () => document.querySelector("#state").textContent === "wrong key",
      );
      await page.fill("[name=key]", KEYS[0]);
      await page.click("button");
      await page.waitForFunction(() =>
        document.querySelector("#answer").textContent.startsWith("The sky"),
      );
      await page.reload();
      await page.waitForFunction(
        () => document.querySelector("#state").textContent === "run.completed",
      );
      equal((await page.textContent("#answer")).trim(), TEXT);
      const posts = (await t.session.calls()).filter(({ method }) => method === "POST");
      equal(
        posts.filter(({ end }) => end !== "completed").map(({ model }) => model),
        [],
        "calls that the reload closed",
      );
      await page.goto("about:blank");
    },
  },
];
