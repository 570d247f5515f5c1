// What a test file needs: where the servers are, a browser, pictures, and axe.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { startServer } from "./stack.js";

const need = (name) => {
  assert.ok(process.env[name], `run this through tests/browser/run.js, which sets ${name}`);
  return process.env[name];
};

export const url = need("BROWSER_TEST_URL");
export const adminUrl = need("BROWSER_TEST_ADMIN_URL");
export const serverPid = Number(need("BROWSER_TEST_PID"));

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const EXECUTABLES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--font-render-hinting=none"];

const LOCAL = ["127.0.0.1", "localhost"];
export const PHOTO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3" width="800" height="600">
  <rect width="4" height="3" fill="#d9e2dc"/><circle cx="3" cy=".8" r=".35" fill="#f0d9a8"/><path d="M0 3l1.4-1.5 1 1 .6-.6L4 3z" fill="#6f8a7d"/></svg>`;

let browser;

// To be called once in a file, outside tests: a browser for all of them.
export function useBrowser() {
  before(async () => {
    const executablePath = process.env.CHROMIUM ?? EXECUTABLES.find((path) => existsSync(path));
    assert.ok(executablePath, "there is no Chromium; on Debian: apt-get install chromium");
    // Chromium's own sandbox does not work for root.
    browser = await chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: process.getuid() !== 0 });
  });
  after(() => browser?.close());
}

const endings = new WeakMap();

// What a test has begun last ends first: a page before the server that it asks. (Node.js runs t.after() in the order of the calls.)
function atEnd(t, end) {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(async () => {
      const failures = [];
      for (const each of endings.get(t).reverse()) await Promise.resolve().then(each).catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    });
  }
  endings.get(t).push(end);
}

// A page of a fresh context, closed at the end of the test `t`. An error that nobody caught in the page, or a line on its
// console that is an error and that `expected` does not match, fails the test. Other
// machines are not asked: photos of the seed get a picture of ours.
export async function openPage(t, { expected = /^$/, ...options } = {}) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options });
  await context.route((address) => !LOCAL.includes(address.hostname) && address.protocol !== "data:",
    (route) => route.fulfill({ contentType: "image/svg+xml", body: PHOTO }));
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error" && !expected.test(line.text())) wrong.push(line.text());
  });
  atEnd(t, async () => {
    await context.close();
    assert.deepEqual(wrong, [], "errors in the page");
  });
  return page;
}

// A picture of the page (or with {locator} of a part) for people to look at.
export async function picture(page, name, options = {}) {
  const { locator, ...rest } = options;
  await (locator ?? page).screenshot({ path: join(need("BROWSER_TEST_SCREENSHOTS"), `${name}.png`), ...rest });
}

// Fails on any violation of WCAG 2.2 A and AA, or of good practice, that axe finds.
export async function checkAccessibility(page) {
  await page.evaluate(axeSource);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), tags);
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.html + "\n" + n.failureSummary).join("; ")}`);
  assert.deepEqual(told, []);
}

// Another reviewd on the same database, stopped at the end of the test `t`.
export async function startAnotherServer(t, options) {
  const server = await startServer(need("BROWSER_TEST_FOLDER"), need("BROWSER_TEST_DSN"), options);
  atEnd(t, server.stop);
  return server;
}

// Runs SQL as the superuser, for what no route can do.
export async function sql(text) {
  await promisify(execFile)("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, need("BROWSER_TEST_DSN")]);
}
