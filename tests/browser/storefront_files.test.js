// How it is served: small, from one origin, cached for good but for the page, from other origins too, and readable without
// JavaScript out of nginx.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import test, { after } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { checkAccessibility, openPage, picture, url, useBrowser } from "./context.js";
import { build, freePort, top } from "./stack.js";
import { addReviews, newProduct } from "./storefront.js";

useBrowser();

const BUDGET = 20_000; // bytes of the widget, with gzip
const NGINX = "/usr/sbin/nginx";

let nginx; // ends when its pages are closed
after(() => nginx && new Promise((done) => (nginx.on("exit", done), nginx.kill("SIGTERM"))));

async function filesOf(page) {
  const names = await page.evaluate(() => [...document.querySelectorAll("script, link[rel=stylesheet]")].map((one) => one.src || one.href));
  return Promise.all(names.map(async (name) => ({ name, response: await fetch(name) })));
}

test("the page is asked for anew, its files are kept for good, and the widget is small", async (t) => {
  const page = await openPage(t);
  const response = await page.goto(url);
  assert.equal(response.headers()["cache-control"], "no-cache");
  const files = await filesOf(page);
  assert.equal(files.length, 3);
  for (const file of files) {
    assert.match(file.name, /\.[0-9a-f]{12}\.(js|css)$/);
    assert.equal(file.response.headers.get("cache-control"), "public, max-age=31536000, immutable");
  }
  const widget = files.find((file) => file.name.includes("product-reviews"));
  const bytes = gzipSync(Buffer.from(await widget.response.arrayBuffer()), { level: 6 }).length;
  t.diagnostic(`the widget has ${bytes} bytes with gzip`);
  assert.ok(bytes < BUDGET, `${bytes} bytes`);
});

test("nobody else is asked", async (t) => {
  const page = await openPage(t);
  const asked = [];
  page.on("request", (request) => {
    if (request.resourceType() !== "image") asked.push(new URL(request.url()));
  });
  await page.goto(url);
  await page.locator("product-reviews .card").first().waitFor();
  assert.ok(asked.length > 5);
  assert.deepEqual(asked.filter((address) => address.origin !== url && address.protocol !== "data:"), []);
});

test("a shop on another origin embeds it with two lines", async (t) => {
  const product = newProduct();
  await addReviews(product, 1, () => ({ summary: "Seen from afar" }));
  const page = await openPage(t);
  await page.goto(url);
  const script = await page.evaluate(() => document.querySelector("script[src*=product-reviews]").src);
  const shop = createServer((request, response) => response.setHeader("Content-Type", "text/html").end(
    `<!doctype html><html lang="de"><meta charset="utf-8"><title>Laden</title><link rel="icon" href="data:,">
     <script type="module" src="${script}"></script><main><h1>Laden</h1><product-reviews product-id="${product}" api="${url}"></product-reviews></main>`));
  await new Promise((done) => shop.listen(0, "127.0.0.1", done));
  t.after(() => shop.close());
  await page.goto(`http://localhost:${shop.address().port}`);
  await page.locator(".card h3", { hasText: "Seen from afar" }).waitFor();
  await page.locator("h2", { hasText: "Bewertungen" }).waitFor(); // the page's language
  await page.getByRole("button", { name: "Hilfreich" }).click();
  await page.locator(".helpful.done").waitFor();
});

test("nginx includes a prerendered page, for readers without JavaScript", { skip: existsSync(NGINX) ? false : "there is no nginx" }, async (t) => {
  const hostile = "<script>window.attacked = 1</script>";
  await addReviews(1, 1, () => ({ rating: 5, summary: "Vorgelesen", body: hostile, date: "2026-11-01T00:00:00Z" }));
  const folder = mkdtempSync(join(process.env.BROWSER_TEST_FOLDER, "nginx-"));
  const prerender = (...words) => promisify(execFile)(process.execPath, [join(top, "web/storefront/prerender.js"), ...words]);
  await prerender("--api", url, "--output", join(folder, "prerendered"), "--lang", "de", "--count", "100", "1", "2-3");
  const fragment = readFileSync(join(folder, "prerendered/1.html"), "utf8");
  assert.ok(fragment.includes("Vorgelesen") && fragment.includes("&lt;script&gt;") && !fragment.includes("<script"));

  const port = await freePort();
  writeFileSync(join(folder, "nginx.conf"), `${process.getuid() === 0 ? "user root;" : ""} daemon off; pid nginx.pid; error_log error.log;
    events {} http { include /etc/nginx/mime.types; access_log off;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
      server { listen 127.0.0.1:${port}; root ${join(build, "storefront")};
        location / { ssi on; }
        location /prerendered/ { internal; alias ${folder}/prerendered/; }
        location /reviews/ { proxy_pass ${url}; } } }`);
  nginx = spawn(NGINX, ["-p", folder, "-c", "nginx.conf", "-e", "error.log"], { stdio: "inherit" });
  const address = `http://127.0.0.1:${port}/`;
  for (let attempt = 0; attempt < 50 && !(await fetch(address).catch(() => null)); attempt++) await new Promise((done) => setTimeout(done, 100));

  const reader = await openPage(t, { javaScriptEnabled: false });
  await reader.goto(address);
  assert.ok(await reader.getByRole("heading", { name: "Vorgelesen" }).isVisible());
  assert.ok(await reader.getByText(hostile).isVisible());
  await picture(reader, "storefront-without-javascript", { fullPage: true });

  // With it, the same page is readable until the widget has its first answer, and then the widget's.
  const page = await openPage(t);
  let go;
  const held = new Promise((done) => (go = done));
  await page.route("**/reviews/1/**", async (route) => (await held, route.fallback()));
  await page.goto(address);
  assert.ok(await page.getByRole("heading", { name: "Vorgelesen" }).isVisible());
  await checkAccessibility(page);
  go();
  await page.locator("product-reviews .card").first().waitFor();
  assert.equal(await page.getByRole("heading", { name: "Vorgelesen" }).isVisible(), false);
  assert.equal(await page.evaluate(() => window.attacked), undefined);
  assert.equal((await fetch(`${address}prerendered/1.html`)).status, 404); // for inclusion only
});

test("prerendering says what is wrong, and keeps the older file", async (t) => {
  const folder = mkdtempSync(join(process.env.BROWSER_TEST_FOLDER, "prerender-"));
  writeFileSync(join(folder, "1.html"), "older");
  const tries = [
    [["--output", folder, "--api", `http://127.0.0.1:${await freePort()}`, "1"], 1, /product 1: .*ECONNREFUSED/],
    [["--output", folder], 2, /no product is named/],
    [["--output", folder, "x"], 2, /"x" is no product/],
    [["1"], 2, /--output is missing/],
    [["--output", folder, "--count", "0", "1"], 2, /--count is a number/],
    [["--what"], 2, /--what/],
  ];
  for (const [words, code, told] of tries) {
    const done = await promisify(execFile)(process.execPath, [join(top, "web/storefront/prerender.js"), ...words]).catch((error) => error);
    assert.equal(done.code, code, words.join(" "));
    assert.match(done.stderr, told);
  }
  assert.equal(readFileSync(join(folder, "1.html"), "utf8"), "older");
});
