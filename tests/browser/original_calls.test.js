// The calls of the original's storefront, as its page made them: plain jQuery, from another origin, through the browser's CORS.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import test, { after, before } from "node:test";
import { openPage, url, useBrowser } from "./context.js";

useBrowser();

const JQUERY = createRequire(import.meta.url).resolve("jquery/dist/jquery.min.js");
const PRODUCT = 900001; // that nobody else has reviewed
let shop, shopUrl;

before(async () => {
  shop = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A shop elsewhere</title>');
  });
  await new Promise((done) => shop.listen(0, "127.0.0.1", done));
  shopUrl = `http://localhost:${shop.address().port}`;
});

after(() => shop.close());

// The page's $.ajax: resolves to {status, text}, or rejects as the browser does when CORS forbids the answer.
async function ajax(page, method, path, data) {
  await page.addScriptTag({ path: JQUERY });
  return page.evaluate((options) => new Promise((done, fail) => {
    window.jQuery.ajax({ ...options, complete: (request, how) => request.status === 0
      ? fail(new Error(`the browser refused ${options.method} ${options.url}: ${how}`))
      : done({ status: request.status, text: request.responseText }) });
  }), { method, url: url + path, data, contentType: data === undefined ? undefined : "application/json", dataType: "text" });
}

const json = (reply) => (assert.equal(reply.status, 200), JSON.parse(reply.text));

test("adds reviews, after a preflight", async (t) => {
  const page = await openPage(t);
  await page.goto(shopUrl);
  for (const summary of ["First", "Second", "Third"]) {
    const review = { rating: 4, recommend: true, summary, body: "Fits.", name: "Ada", email: "ada@mail.example",
      photos: [], characteristics: { 0: 3, 3: 5 } };
    assert.equal((await ajax(page, "POST", `/reviews/${PRODUCT}`, JSON.stringify(review))).status, 201);
  }
});

test("lists in each order, with totals", async (t) => {
  const page = await openPage(t);
  await page.goto(shopUrl);
  const meta = json(await ajax(page, "GET", `/reviews/${PRODUCT}/meta`));
  assert.deepEqual(meta.ratings, { 1: 0, 2: 0, 3: 0, 4: 3, 5: 0 });
  assert.equal(meta.characteristics.Fit.value, "3.0000");
  for (const sort of ["relevant", "newest", "helpfulness"]) {
    const list = json(await ajax(page, "GET", `/reviews/${PRODUCT}/list?count=100&sort=${sort}`));
    assert.equal(list.results.length, 3);
  }
});

test("votes and reports with an empty JSON body, after a preflight", async (t) => {
  const page = await openPage(t);
  await page.goto(shopUrl);
  const list = async () => json(await ajax(page, "GET", `/reviews/${PRODUCT}/list?count=100&sort=newest`)).results;
  const [first, second] = await list();
  assert.equal((await ajax(page, "PUT", `/reviews/helpful/${first.review_id}`, "")).status, 204);
  assert.equal((await ajax(page, "PUT", `/reviews/report/${second.review_id}`, "{}")).status, 204);
  const later = await list();
  assert.equal(later.find((review) => review.review_id === first.review_id).helpfulness, first.helpfulness + 1);
  assert.ok(!later.some((review) => review.review_id === second.review_id));
});
