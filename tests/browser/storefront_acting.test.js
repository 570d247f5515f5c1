// What a reader does: votes, reports, writes a review; with the mouse and with the keyboard alone.

import assert from "node:assert/strict";
import test from "node:test";
import { checkAccessibility, picture, url, useBrowser } from "./context.js";
import { addReviews, get, newProduct, openProduct, shownSummaries } from "./storefront.js";

useBrowser();

const fieldError = (page, name) => page.locator(`[data-field="${name}"] .field-error`);

// Answers every field that has to be.
async function fill(page, changes = {}) {
  const { body = "Warm, light, and true to size.", name = "Ada", email = "ada@mail.example" } = changes;
  await page.locator('dialog.form input[name="rating"][value="4"]').check();
  await page.getByRole("radio", { name: "Yes" }).check();
  await page.getByLabel("Your review", { exact: true }).fill(body);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("E-mail").fill(email);
}

const send = (page) => page.getByRole("button", { name: "Send review" }).click();
const openForm = (page) => page.getByRole("button", { name: "Write a review" }).click();

test("a helpful vote counts once, at once, and is remembered", async (t) => {
  const product = newProduct();
  const [review] = await addReviews(product, 1);
  const page = await openProduct(t, product);
  const button = page.locator(".helpful");
  await button.click();
  assert.equal(await button.textContent(), "Found helpful1");
  await page.locator(".told", { hasText: "Thank you" }).waitFor();
  await button.click({ force: true }); // it says that it is disabled, yet keeps the focus
  assert.equal((await get(`/reviews/${product}/${review.review_id}`)).helpfulness, 1);
  await page.evaluate((id) => document.querySelector("product-reviews").setAttribute("product-id", id), "1");
  await page.evaluate((id) => document.querySelector("product-reviews").setAttribute("product-id", id), String(product));
  await page.locator(".helpful.done").waitFor();
});

test("a vote that fails is taken back, and said", async (t) => {
  const product = newProduct();
  await addReviews(product, 1);
  const page = await openProduct(t, product, { expected: /Failed to load resource/, prepare: (p) =>
    p.route("**/reviews/helpful/*", (route) => route.request().method() === "PUT" ? route.abort() : route.fallback()) });
  await page.locator(".helpful").click();
  await page.locator(".told.wrong", { hasText: "That did not work" }).waitFor();
  assert.equal(await page.locator(".helpful").textContent(), "Helpful0");
  await page.unroute("**/reviews/helpful/*");
  await page.locator(".helpful").click();
  await page.locator(".told", { hasText: "Thank you" }).waitFor();
});

test("a report asks first, hides, and the totals follow", async (t) => {
  const product = newProduct();
  const reviews = await addReviews(product, 3);
  const page = await openProduct(t, product);
  const card = page.locator(".card").first();
  await card.getByRole("button", { name: "Report", exact: true }).click();
  await card.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await get(`/reviews/${product}/list`)).results.length, 3);
  await card.getByRole("button", { name: "Report", exact: true }).click();
  await card.getByRole("button", { name: "Report it" }).click();
  await card.locator(".told", { hasText: "Reported and hidden" }).waitFor();
  await page.locator(".mean .muted", { hasText: "2 reviews" }).waitFor();
  const left = (await get(`/reviews/${product}/list`)).results.map((review) => review.review_id);
  const reported = Number(await card.getAttribute("data-review"));
  assert.deepEqual(left.sort(), reviews.map((review) => review.review_id).filter((id) => id !== reported).sort());
});

test("a new review appears at once, with the totals", async (t) => {
  const product = newProduct();
  await addReviews(product, 3, () => ({ characteristics: { Fit: 3 } }));
  const page = await openProduct(t, product);
  await openForm(page);
  await fill(page, { body: "Grüße & 漢字 <b>bold</b>\nsecond line" });
  await page.getByLabel("Headline").fill("Fits");
  await page.getByRole("group", { name: "Fit" }).getByRole("radio", { name: "5 (Loose)" }).check();
  await page.getByRole("button", { name: "Add the address of a photo" }).click();
  await page.getByLabel("Address of photo 1").fill("https://photos.example/mine.jpg");
  await picture(page, "storefront-form-filled");
  await send(page);
  const card = page.locator(".card").first();
  await card.locator("h3", { hasText: "Fits" }).waitFor();
  assert.equal(await card.locator(".body").textContent(), "Grüße & 漢字 <b>bold</b>\nsecond line");
  assert.equal(await card.locator(".own").textContent(), "Your review");
  await page.locator(".mean .muted", { hasText: "4 reviews" }).waitFor();
  const stored = (await get(`/reviews/${product}/list?sort=newest`)).results[0];
  assert.deepEqual([stored.rating, stored.recommend, stored.summary, stored.photos[0].url], [4, 1, "Fits", "https://photos.example/mine.jpg"]);
  assert.equal((await get(`/reviews/${product}/meta`)).characteristics.Fit.value, "3.5000");
  // It does not come again further down.
  await page.getByRole("button", { name: "More reviews" }).click();
  await page.locator(".shown", { hasText: "4 of 4" }).waitFor();
  assert.equal((await shownSummaries(page)).filter((summary) => summary === "Fits").length, 1);
});

test("what is wrong is said at its field, before anything is sent", async (t) => {
  const page = await openProduct(t, newProduct());
  let posts = 0;
  page.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
  await openForm(page);
  await send(page);
  for (const name of ["rating", "recommend", "body", "name", "email"]) assert.ok(await fieldError(page, name).isVisible(), name);
  assert.equal(await page.locator(".problem").textContent(), "5 entries need another look.");
  assert.equal(await page.evaluate(() => document.querySelector("product-reviews").shadowRoot.activeElement.name), "rating");
  await checkAccessibility(page);
  await picture(page, "storefront-form-errors");
  await fill(page, { email: "no address" });
  await page.getByLabel("Headline").fill("x".repeat(151));
  assert.equal(await page.locator('[data-field="summary"] .counter.over').textContent(), "151 of 150");
  await send(page);
  assert.deepEqual(await page.locator(".field-error:visible").allTextContents(),
    ["At most 150 characters.", "Please write an address such as name@mail.example."]);
  assert.equal(posts, 0);
});

test("counters count characters as the server does", async (t) => {
  const product = newProduct();
  const page = await openProduct(t, product);
  await openForm(page);
  const counter = page.locator('[data-field="body"] .counter');
  await fill(page, { body: "🧥".repeat(2000) }); // 4,000 UTF-16 units, 8,000 bytes
  assert.equal(await counter.textContent(), "2,000 of 2,000");
  await send(page);
  await page.locator(".card").waitFor();
  assert.equal([...(await get(`/reviews/${product}/list`)).results[0].body].length, 2000);
});

test("the server's own field errors are shown at their fields, and nothing is lost", async (t) => {
  const product = newProduct();
  const page = await openProduct(t, product, { expected: /422/ });
  await openForm(page);
  await fill(page);
  await page.getByRole("button", { name: "Add the address of a photo" }).click();
  await page.getByLabel("Address of photo 1").fill('https://photos.example/a"b.jpg');
  await send(page);
  await fieldError(page, "photos").filter({ hasText: "percent-encoded" }).waitFor();
  assert.deepEqual(await page.locator(".field-error:visible").count(), 1);
  await page.evaluate(() => {
    // The form keeps from sending more that is wrong, so the request is changed under way.
    const { fetch } = window;
    window.fetch = (address, options) => fetch(address, options?.method === "POST"
      ? { ...options, body: JSON.stringify({ ...JSON.parse(options.body), rating: 9, photos: ["ftp://x"], email: "no" }) } : options);
  });
  await page.getByLabel("Address of photo 1").fill("https://photos.example/b.jpg");
  await send(page);
  await fieldError(page, "email").waitFor();
  for (const name of ["rating", "photos", "email"]) {
    assert.ok((await fieldError(page, name).textContent()).length > 5, name);
    assert.equal(await fieldError(page, name).getAttribute("lang"), "en");
  }
  assert.equal(await page.getByLabel("Your review", { exact: true }).inputValue(), "Warm, light, and true to size.");
  assert.equal((await get(`/reviews/${product}/list`)).results.length, 0);
});

test("a form that is closed keeps what was typed", async (t) => {
  const page = await openProduct(t, newProduct());
  await openForm(page);
  await fill(page);
  await page.keyboard.press("Escape");
  await page.locator("dialog.form").waitFor({ state: "hidden" });
  await openForm(page);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Ada");
});

test("when sending fails it says so, waits as told, and sends again", async (t) => {
  const product = newProduct();
  let refusals = 0;
  const page = await openProduct(t, product, { expected: /503/, prepare: (p) => p.route(`**/reviews/${product}`, (route) =>
    refusals++ === 0 ? route.fulfill({ status: 503, headers: { "Retry-After": "2" }, contentType: "application/problem+json",
      body: JSON.stringify({ type: "/problems/overloaded", title: "Overloaded", status: 503, detail: "Overloaded." }) })
      : route.fallback()) });
  await openForm(page);
  await fill(page);
  await send(page);
  await page.locator(".problem", { hasText: "Nothing is lost" }).waitFor();
  await page.locator("form .primary", { hasText: "Trying again in 2 seconds" }).waitFor();
  await page.getByRole("button", { name: "Send review" }).waitFor();
  await send(page);
  await page.locator(".card").waitFor();
  assert.equal((await get(`/reviews/${product}/list`)).results.length, 1);
});

test("a review whose fate is unknown is not sent twice by itself", async (t) => {
  const product = newProduct();
  let posts = 0;
  const page = await openProduct(t, product, { expected: /Failed to load resource/, prepare: (p) =>
    p.route(`**/reviews/${product}`, (route) => (posts++, route.abort())) });
  await openForm(page);
  await fill(page);
  await send(page);
  await page.locator(".problem", { hasText: "It is not certain" }).waitFor();
  assert.equal(posts, 1);
});

// Presses a key until the test in the page, of the element that has the focus, is true.
async function pressUntil(page, key, isThere, argument) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press(key);
    const found = await page.evaluate(([source, value]) => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return new Function("element", "value", `return ${source}`)(element, value);
    }, [isThere, argument]).catch(() => false);
    if (found) return;
  }
  assert.fail(`${key} never led to ${isThere}`);
}

test("everything with the keyboard alone", async (t) => {
  const product = newProduct();
  await addReviews(product, 5, (i) => ({ rating: i < 2 ? 2 : 5, body: "A long text. ".repeat(30), characteristics: { Fit: 2 } }));
  // The test's own script is evaluated in the page: its policy would forbid that.
  const page = await openProduct(t, product, { bypassCSP: true });
  const has = "element.textContent.includes(value)";
  await pressUntil(page, "Tab", "element.dataset.rating === value", "2");
  await page.keyboard.press("Space");
  await page.locator(".shown", { hasText: "2 of 2" }).waitFor();
  // The focus stays on the bar, though it was drawn anew.
  assert.equal(await page.evaluate(() => document.querySelector("product-reviews").shadowRoot.activeElement.dataset.rating), "2");
  await page.keyboard.press("Enter");
  await page.locator(".shown", { hasText: "2 of 5" }).waitFor();
  await pressUntil(page, "Tab", "element.id === value", "sort");
  await page.keyboard.press("ArrowDown");
  await page.locator(".card").first().waitFor();
  await pressUntil(page, "Tab", has, "Read more");
  await page.keyboard.press("Enter");
  await page.locator(".card [aria-expanded=true]").waitFor();
  await pressUntil(page, "Tab", has, "Helpful");
  await picture(page, "storefront-keyboard-focus");
  await page.keyboard.press("Space");
  await page.locator(".helpful.done").waitFor();
  await pressUntil(page, "Tab", "element.textContent === value", "More reviews");
  await page.keyboard.press("Enter");
  await page.locator(".shown", { hasText: "4 of 5" }).waitFor();
  await pressUntil(page, "Shift+Tab", has, "Write a review");
  await page.keyboard.press("Enter");
  await page.locator("dialog.form[open]").waitFor();
  await pressUntil(page, "Tab", "element.name === value", "rating");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await pressUntil(page, "Tab", "element.name === value", "recommend");
  await page.keyboard.press("Space");
  for (const [name, text] of [["body", "Written by keyboard."], ["name", "Ada"], ["email", "ada@mail.example"]]) {
    await pressUntil(page, "Tab", "element.name === value", name);
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  await page.locator(".card .own").waitFor();
  const { results } = await get(`/reviews/${product}/list?sort=newest`);
  assert.deepEqual([results[0].body, results[0].reviewer_name], ["Written by keyboard.", "Ada"]);
  assert.ok(results[0].rating >= 4);
});
