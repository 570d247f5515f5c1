// How it looks and reads: three widths, light and dark, four languages, right to left; axe finds nothing anywhere. The pictures
// are for people to look at.

import assert from "node:assert/strict";
import test, { before } from "node:test";
import { checkAccessibility, openPage, picture, sql, url, useBrowser } from "./context.js";
import { addReviews, newProduct, openProduct } from "./storefront.js";

useBrowser();

const WIDTHS = { phone: { width: 360, height: 780 }, tablet: { width: 768, height: 1024 }, desktop: { width: 1440, height: 900 } };
const TEXTS = [
  ["Worth the wait", "Soft from the first day, and it has kept its shape in the wash. ".repeat(6)],
  ["Schmaler als gedacht", "Die Ärmel sind etwas kurz, sonst sitzt es gut."],
  ["مريح جدًا", "القماش ناعم والمقاس مناسب تمامًا."],
  ["着心地が良い", "生地が柔らかく、毎日着ています。"],
];

let product;

before(async () => {
  product = newProduct();
  const reviews = await addReviews(product, 24, (i) => ({ summary: TEXTS[i % 4][0], body: TEXTS[i % 4][1],
    rating: [5, 4, 5, 4, 3, 5, 2, 5][i % 8], recommend: i % 5 !== 0, characteristics: { Fit: 3, Length: 2, Comfort: 5, Quality: 4, Width: 3, Size: 4 },
    photos: i % 4 === 0 ? [1, 2, 3].map((n) => `https://photos.example/${i}-${n}.jpg`) : [] }));
  for (const review of reviews.slice(20)) {
    await sql(`UPDATE review SET response = 'Thank you for telling us. The next batch has longer sleeves.', helpfulness = 12 WHERE product_id = ${product} AND review_id = ${review.review_id}`);
  }
});

async function checkWidth(page) {
  const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
  assert.ok(wide <= room, `the page is ${wide} wide where there are ${room}`);
}

for (const [name, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${name}, ${colorScheme}`, async (t) => {
      const page = await openProduct(t, product, { viewport, colorScheme, until: ".card" });
      await page.getByLabel("Sort by").selectOption("newest");
      await page.locator(".card h3", { hasText: "着心地が良い" }).waitFor();
      await page.getByRole("button", { name: "More reviews" }).click();
      await page.locator(".shown", { hasText: "4 of 24" }).waitFor();
      await checkWidth(page);
      await checkAccessibility(page);
      await picture(page, `storefront-${name}-${colorScheme}`, { fullPage: true });
      await page.locator(".thumb").first().click();
      await page.locator("dialog.lightbox img").waitFor();
      await checkAccessibility(page);
      await picture(page, `storefront-${name}-${colorScheme}-photo`);
      await page.keyboard.press("Escape");
      await page.locator(".write").click();
      await checkAccessibility(page);
      await picture(page, `storefront-${name}-${colorScheme}-form`);
      const form = page.locator("dialog.form");
      assert.ok(await form.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth));
    });
  }
}

const LANGUAGES = {
  de: { title: "Bewertungen", mean: "4,1", direction: "ltr", date: /^24\. Januar 2026$/, locale: "de-DE" },
  ar: { title: "التقييمات والمراجعات", mean: "4.1", direction: "rtl", date: /2026/, locale: "ar" },
  ja: { title: "評価とレビュー", mean: "4.1", direction: "ltr", date: /^2026年1月24日$/, locale: "ja-JP" },
};

for (const [lang, expected] of Object.entries(LANGUAGES)) {
  for (const name of ["phone", "desktop"]) {
    test(`${lang}, ${name}`, async (t) => {
      const page = await openProduct(t, product, { viewport: WIDTHS[name], lang, locale: expected.locale, until: ".card" });
      await page.locator("product-reviews h2", { hasText: expected.title }).waitFor();
      assert.equal(await page.locator(".reviews").getAttribute("dir"), expected.direction);
      assert.equal(await page.locator(".mean-value").textContent(), expected.mean);
      await page.locator("product-reviews select").selectOption("newest");
      await page.locator('.card time[datetime^="2026-01-24"]').waitFor();
      assert.match(await page.locator(".card time").first().textContent(), expected.date);
      await checkWidth(page);
      await checkAccessibility(page);
      await picture(page, `storefront-${lang}-${name}`, { fullPage: true });
      await page.locator(".write").click();
      await checkAccessibility(page);
      await picture(page, `storefront-${lang}-${name}-form`);
    });
  }
}

test("right to left, the first star is on the right and bars grow from there", async (t) => {
  const page = await openProduct(t, product, { lang: "ar", until: ".card" });
  const box = (selector) => page.locator(selector).first().boundingBox();
  const [track, level] = [await box(".track"), await box(".level")];
  assert.ok(Math.abs(track.x + track.width - (level.x + level.width)) < 1 && level.width < track.width);
  const [stars, fill] = [await box(".mean .stars"), await box(".mean .fill")];
  assert.ok(Math.abs(stars.x + stars.width - (fill.x + fill.width)) < 1 && fill.width < stars.width);
  const [side, list] = [await box(".side"), await box(".list")];
  assert.ok(side.x > list.x);
});

test("dates and numbers are written as in the reader's country", async (t) => {
  for (const [locale, date] of [["en-GB", "24 January 2026"], ["en-US", "January 24, 2026"]]) {
    const page = await openProduct(t, product, { locale, until: ".card" });
    await page.getByLabel("Sort by").selectOption("newest");
    await page.locator(".card time", { hasText: date }).waitFor();
  }
});

test("320 pixels are enough", async (t) => {
  const page = await openProduct(t, product, { viewport: { width: 320, height: 640 }, until: ".card" });
  await checkWidth(page);
  await page.locator(".write").click();
  assert.ok(await page.locator("dialog.form").evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth));
});

test("every language has every text, with the plural forms that it needs", async (t) => {
  const page = await openPage(t);
  await page.goto(url);
  const files = await page.locator("#language option").evaluateAll((all) => all.map((option) => [option.value, new URL(option.dataset.messages, location).href]));
  assert.equal(files.length, 4);
  const flatten = (part, path = "") => typeof part === "object" && !("other" in part)
    ? Object.entries(part).flatMap(([key, value]) => flatten(value, `${path}.${key}`)) : [[path, part]];
  const all = await Promise.all(files.map(async ([lang, file]) => [lang, flatten(await (await fetch(file)).json())]));
  const [, english] = all[0];
  for (const [lang, texts] of all) {
    assert.deepEqual(texts.map(([path]) => path), english.map(([path]) => path), lang);
    const forms = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
    for (const [path, text] of texts) {
      if (typeof text === "object") assert.deepEqual(Object.keys(text).sort(), [...forms].sort(), `${lang}${path}`);
    }
  }
});
