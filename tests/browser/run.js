// Runs browser tests on a PostgreSQL and a reviewd of their own.
//
//   node tests/browser/run.js [FILE.test.js...]     all files unless named
//
// REVIEWD_BUILD names the folder with the programs (default build/release), REVIEWD_REPORT a file for TAP, and
// REVIEWD_SCREENSHOTS a folder for pictures (default var/test/screenshots). Exit status: 0 when all passed.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, makeFolder, removeFolder, startDatabase, startServer, top } from "./stack.js";

const here = join(top, "tests/browser");
const named = process.argv.slice(2);
const files = named.length > 0 ? named.map((name) => resolve(name))
  : readdirSync(here).filter((name) => name.endsWith(".test.js")).map((name) => join(here, name));
const screenshots = resolve(process.env.REVIEWD_SCREENSHOTS ?? join(top, "var/test/screenshots"));
mkdirSync(screenshots, { recursive: true });

const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
if (process.env.REVIEWD_REPORT) {
  reporters.push("--test-reporter=tap", `--test-reporter-destination=${process.env.REVIEWD_REPORT}`);
}

let tests = null;
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted = true;
    tests?.kill(signal);
  });
}
const goOn = () => {
  if (interrupted) throw new Error("interrupted");
};

const folder = makeFolder();
let database, server;
let status = 1;
try {
  database = await startDatabase(folder);
  goOn();
  server = await startServer(folder, database.dsn, { "server.static_dir": join(build, "storefront") });
  goOn();
  const env = {
    ...process.env,
    BROWSER_TEST_FOLDER: folder,
    BROWSER_TEST_DSN: database.dsn,
    BROWSER_TEST_URL: server.url,
    BROWSER_TEST_ADMIN_URL: server.adminUrl,
    BROWSER_TEST_PID: String(server.pid),
    BROWSER_TEST_SCREENSHOTS: screenshots,
  };
  tests = spawn(process.execPath, ["--test", ...reporters, ...files], { env, stdio: "inherit" });
  status = await new Promise((done) => tests.on("exit", (code) => done(code ?? 1)));
  await server.stop();
  server = undefined;
} catch (error) {
  console.error(error.stderr || error.stack);
  status = 1;
} finally {
  if (server) await server.stop().catch((error) => console.error(error.message));
  if (database) await database.stop().catch((error) => console.error(error.message));
  removeFolder(folder);
}
process.exit(status);
