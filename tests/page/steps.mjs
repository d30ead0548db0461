// Helpers of the page tests for a user's actions and the page's elements.

import { equal, ok } from "../scenarios/assert.mjs";

export const example = (page, nth) => page.locator("#examples button").nth(nth);
export const turn = (page) => page.locator("#turns > .turn").last();
export const columns = (page) => turn(page).locator(".panelist");
export const column = (page, nth) => columns(page).nth(nth);

/** Waits until the last turn has this state. */
export const waitForEnd = (page, how) =>
  page.waitForSelector(`#turns > .turn:last-child[data-state="${how}"]`);
/** Waits until a panelist of the last turn is in this phase. Its card may already be hidden. */
export const waitForPhase = (page, nth, name) =>
  page.waitForSelector(
    `#turns > .turn:last-child .panelist[data-index="${nth}"][data-phase="${name}"]`,
    { state: "attached" },
  );

/**
 * Returns the text after the page has drawn everything. The page draws in animation frames. Drawing
 * everything may take several frames (www/render-scheduler.js).
 */
export async function textOf(locator) {
  await locator.page().evaluate(drawn);
  return locator.innerText();
}

/**
 * Runs in the page. Resolves after four frames without a change. A streaming page changes in each
 * frame, so resolves after 20 frames at the latest. A hidden page has no frames, so resolves after
 * 2 s at the latest.
 */
function drawn() {
  const CALM_FRAMES = 4;
  const MAX_FRAMES = 20;
  return new Promise((resolve) => {
    let [calm, frames] = [0, 0];
    const changes = new MutationObserver(() => (calm = 0));
    changes.observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    const done = () => {
      changes.disconnect();
      clearTimeout(late);
      resolve();
    };
    const late = setTimeout(done, 2000);
    const frame = () =>
      ++calm > CALM_FRAMES || ++frames > MAX_FRAMES ? done() : requestAnimationFrame(frame);
    requestAnimationFrame(frame);
  });
}

/** Opens a panelist's reply. When the answer is shown, the panel is a row of chips. */
export async function openReply(page, nth) {
  const chip = turn(page).locator(".reply-chip").nth(nth);
  if (await chip.isVisible()) return chip.click();
  await turn(page)
    .getByRole("button", { name: /^Panel/ })
    .click();
}

export async function ask(page, question) {
  await page.fill("#question", question);
  await page.click("#send");
}

/** Opens the settings, and the part with the analyst, the writer and the limits. */
export async function openSettings(page) {
  if (!(await page.locator("#settings").evaluate((dialog) => dialog.open)))
    await page.click("#open-settings");
  await page.locator("#advanced").evaluate((fold) => {
    fold.open = true;
  });
}

/** Opens the settings and chooses a provider. */
export async function chooseProvider(page, name) {
  await openSettings(page);
  await page.getByLabel(name, { exact: true }).check();
}

export const closeSettings = (page) => page.click("#close-settings");

/**
 * Chooses another provider and panel. `model` is the analyst and the writer. If `model` is empty,
 * the panel's first model is used.
 */
export async function useOwnServer(page, baseURL, models, model = "") {
  await chooseProvider(page, "Other provider");
  await page.fill("#base-url", baseURL);
  await page.locator("#base-url").blur();
  await setPanel(page, models);
  await page.fill("#analyst", model);
  await page.fill("#writer", model);
  await closeSettings(page);
}

/** Replaces the panel. */
export async function setPanel(page, models) {
  const remove = page.locator("#panel-list button");
  while ((await remove.count()) > 0) await remove.first().click();
  if (models.length > 0) {
    await page.fill("#add-model", models.join(", "));
    // Close the list with Escape, so that Enter adds the typed names.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
  }
  await expectPanel(page, models);
}

/**
 * Checks the models of the panel. Waits up to 2 s, because a click resolves before the page has
 * handled all of its events, such as the `close` of a dialog.
 */
export async function expectPanel(page, expected, message) {
  const until = Date.now() + 2000;
  let models = await panelModels(page);
  while (JSON.stringify(models) !== JSON.stringify(expected) && Date.now() < until) {
    await page.waitForTimeout(20);
    models = await panelModels(page);
  }
  equal(models, expected, message);
}

const panelModels = (page) =>
  page
    .locator("#panel-list .panel-model")
    .evaluateAll((all) => all.map(({ dataset }) => dataset.model));

/** Returns the calls to models, without requests for the model list. */
export const modelCalls = (calls) => calls.filter(({ method }) => method === "POST");

/** Checks that the page had no error and no policy violation, and contacted only these hosts. */
export async function expectNoErrors(page, site, ...others) {
  equal(page.faults, [], "errors on the page");
  equal(
    await page.evaluate(() => window.breaches),
    [],
    "violations of the Content-Security-Policy",
  );
  const allowed = [site.url, ...others].map((url) => new URL(url).origin);
  equal(
    [...page.asked].filter((origin) => !allowed.includes(origin)),
    [],
    "unexpected hosts",
  );
}

export async function expectNoOverflow(page, when) {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  ok(content <= window, `${when}: the page is ${content} px wide in a window of ${window} px`);
}
