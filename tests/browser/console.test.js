// The operators' console: it shows what clients count, as pictures and as tables, at three widths, light and dark, by keyboard
// alone, and when the server goes away. The pictures are for people to look at.

import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import { checkAccessibility, openPage, picture, startAnotherServer, useBrowser } from "./context.js";

useBrowser();

const WIDTHS = { phone: { width: 360, height: 780 }, tablet: { width: 768, height: 1024 }, desktop: { width: 1440, height: 900 } };

// Asks `path` so many times on some kept connections, and resolves to how many were answered with 200.
async function ask(server, path, times, connections = 8) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  let answered = 0;
  const one = () => new Promise((done, fail) => {
    http.get(server.url + path, { agent }, (reply) => {
      answered += reply.statusCode === 200;
      reply.resume().on("end", done);
    }).on("error", fail);
  });
  const worker = async (number) => {
    for (let i = number; i < times; i += connections) await one();
  };
  await Promise.all(Array.from({ length: connections }, (_, number) => worker(number)));
  agent.destroy();
  return answered;
}

async function openConsole(t, server, options = {}) {
  const page = await openPage(t, options);
  await page.goto(server.adminUrl);
  await page.locator('#state[data-state="ok"]').waitFor();
  await page.locator("#tile-responses").waitFor();
  return page;
}

// The cells of a table, without its head.
const rowsOf = (page, id) => page.locator(`#table-${id} tbody tr`)
  .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

const numberIn = (text) => Number(text.replace(/[^\d.]/g, ""));

test("what it counts is what the client counts", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openConsole(t, server);
  await page.keyboard.press("t");
  await page.locator("#figures table").first().waitFor();
  const ASKED = 4000;
  assert.equal(await ask(server, "/reviews/7/list?count=5", ASKED), ASKED);
  const shown = async () => (await rowsOf(page, "minutes")).reduce((all, row) => all + numberIn(row[1]), 0);
  await page.waitForTimeout(1500); // three samples
  const seen = await shown();
  assert.ok(Math.abs(seen - ASKED) <= ASKED / 10, `${ASKED} were answered, and the page shows ${seen}`);
});

test("the figures move with the load and come to rest", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openConsole(t, server);
  const load = ask(server, "/reviews/9/meta", 3000);
  await page.waitForFunction(() => parseFloat(document.getElementById("tile-responses").textContent) > 0);
  await load;
  await page.waitForFunction(() => parseFloat(document.getElementById("tile-responses").textContent) === 0);
});

test("bad requests are told as such", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openConsole(t, server);
  await page.keyboard.press("t");
  await page.locator("#figures table").first().waitFor();
  assert.equal(await ask(server, "/reviews/0/list", 50), 0);
  await page.waitForTimeout(1500);
  const refused = (await rowsOf(page, "minutes")).reduce((all, row) => all + numberIn(row[3]), 0);
  assert.equal(refused, 50);
});

for (const [name, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${name}, ${colorScheme}`, async (t) => {
      const server = await startAnotherServer(t);
      const page = await openConsole(t, server, { viewport, colorScheme });
      for (let round = 0; round < 3; round++) {
        await ask(server, `/reviews/${round + 1}/list?count=10`, 400);
        await ask(server, "/reviews/3/meta", 100);
        await page.waitForTimeout(600);
      }
      const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
      assert.ok(wide <= room, `the page is ${wide} wide where there are ${room}`);
      await checkAccessibility(page);
      await picture(page, `console-${name}-${colorScheme}`, { fullPage: true });
      await page.getByRole("button", { name: "Tables" }).click();
      await page.locator("#figures table").first().waitFor();
      await checkAccessibility(page);
      await picture(page, `console-${name}-${colorScheme}-tables`, { fullPage: true });
    });
  }
}

test("by keyboard alone", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openConsole(t, server);
  await page.waitForTimeout(2500);
  const focused = () => page.evaluate(() => document.activeElement.id);
  await page.keyboard.press("Tab"); // the way past the header
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  while ((await focused()) !== "slider") await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.locator('#moment[data-live="no"]').waitFor();
  await page.keyboard.press("Escape");
  await page.locator('#moment[data-live="yes"]').waitFor();
  while ((await focused()) !== "tables") await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator('#tables[aria-pressed="true"]').waitFor();
  await page.keyboard.press("t");
  await page.locator('#tables[aria-pressed="false"]').waitFor();
});

test("nothing is fetched from elsewhere", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openPage(t);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(server.adminUrl);
  await page.locator('#state[data-state="ok"]').waitFor();
  assert.ok(asked.length > 3 && asked.every((address) => address.startsWith(server.adminUrl)), asked.join("\n"));
});

test("a server that goes away is told, and one that comes back is shown", async (t) => {
  const server = await startAnotherServer(t);
  const page = await openConsole(t, server, { expected: /ERR_|Failed to load/ });
  process.kill(server.pid, "SIGSTOP");
  try {
    await page.locator("#state", { hasText: "no connection" }).waitFor();
    await picture(page, "console-away");
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
  await page.locator('#state[data-state="ok"]').waitFor();
});
