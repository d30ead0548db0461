// What a person does and sees, for the checks to speak in.

import { equal, ok } from "../scenarios/assert.mjs";

export const example = (page, nth) => page.locator("#examples button").nth(nth);
export const turn = (page) => page.locator("#turns > .turn").last();
export const columns = (page) => turn(page).locator(".panelist");
export const column = (page, nth) => columns(page).nth(nth);

/** Waits until the run of the last turn has ended in this way. */
export const ended = (page, how) => page.waitForSelector(`#turns > .turn:last-child[data-state="${how}"]`);
export const phase = (page, nth, name) => page.waitForSelector(`#turns > .turn:last-child .panelist[data-index="${nth}"][data-phase="${name}"]`);

/** What stands there once the page has drawn all that it knows: it draws in frames, and not everything in the first (www/render-scheduler.js). */
export async function textOf(locator) {
  await locator.page().evaluate(drawn);
  return locator.innerText();
}

/** Some frames in a row changed nothing. A page that streams changes in each of them, and one out of sight has none. */
function drawn() {
  const CALM = 4;
  const MOST = 20;
  return new Promise((resolve) => {
    let [calm, frames] = [0, 0];
    const changes = new MutationObserver(() => (calm = 0));
    changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    const done = () => {
      changes.disconnect();
      clearTimeout(late);
      resolve();
    };
    const late = setTimeout(done, 2000);
    const frame = () => ((calm += 1) > CALM || (frames += 1) > MOST ? done() : requestAnimationFrame(frame));
    requestAnimationFrame(frame);
  });
}

export async function ask(page, question) {
  await page.fill("#question", question);
  await page.click("#send");
}

/** Opens the settings on this provider. */
export async function provider(page, name) {
  if (!(await page.locator("#settings").evaluate((dialog) => dialog.open))) await page.click("#open-settings");
  await page.getByLabel(name).check();
}

export const closeSettings = (page) => page.click("#close-settings");

/** Chooses an own URL with these panel models; the first one also analyses and writes unless `model` says otherwise. */
export async function useOwn(page, baseURL, models, model = "") {
  await provider(page, "Other provider");
  await page.fill("#base-url", baseURL);
  await page.locator("#base-url").blur();
  await sit(page, models);
  await page.fill("#analyst", model);
  await page.fill("#writer", model);
  await closeSettings(page);
}

/** Seats these models and nobody else. */
export async function sit(page, models) {
  const remove = page.locator("#panel-list button");
  while ((await remove.count()) > 0) await remove.first().click();
  if (models.length > 0) {
    await page.fill("#add-model", models.join(", "));
    // Whatever is listed is not what is meant.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
  }
  equal(await seats(page), models);
}

export const seats = (page) => page.locator("#panel-list .panel-model").evaluateAll((all) => all.map(({ dataset }) => dataset.model));

/** What went to models: the list of them may have been asked for, too. */
export const posts = (calls) => calls.filter(({ method }) => method === "POST");

/** Nothing broke the page's own policy, and nobody was asked but the page's host and these. */
export async function clean(page, site, ...others) {
  equal(page.faults, [], "faults on the page");
  equal(await page.evaluate(() => window.breaches), [], "breaches of the Content-Security-Policy");
  const allowed = [site.url, ...others].map((url) => new URL(url).origin);
  equal([...page.asked].filter((origin) => !allowed.includes(origin)), [], "hosts that should not have been asked");
}

export async function fits(page, when) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  ok(content <= window, `${when}: the page is ${content} px wide in a window of ${window} px`);
}
