// What a person does and sees, for the checks to speak in.

import { equal, ok } from "../scenarios/assert.mjs";

export const example = (page, nth) => page.locator("#examples button").nth(nth);
export const columns = (page) => page.locator(".run .panelist");
export const column = (page, nth) => columns(page).nth(nth);

/** Waits until the run has ended in this way. */
export const ended = (page, how) => page.waitForSelector(`#runs > .run[data-phase="${how}"]`);

export async function ask(page, question) {
  await page.fill("#question", question);
  await page.click("#send");
}

/** Chooses an own URL with these panel models; the first one also analyses and writes unless `model` says otherwise. */
export async function useOwn(page, baseURL, models, model = "") {
  await page.getByLabel("Your own URL").check();
  if (!(await page.isVisible("#base-url"))) await page.locator("#setup summary").click();
  await page.fill("#base-url", baseURL);
  await page.locator("#base-url").blur();
  await page.fill("#models", models.join("\n"));
  await page.fill("#model", model);
}

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
