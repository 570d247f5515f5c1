// The real thing under test: a PostgreSQL of its own, filled with reviews, and reviewd in front of it. Started once by
// run.js; test files find it through the environment (see context.js) and may start further servers on it.

import { execFile, spawn } from "node:child_process";
import { openSync, mkdtempSync, chmodSync, rmSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const build = resolve(process.env.REVIEWD_BUILD ?? join(top, "build/release"));

const RECORDS = 6000;
const PRODUCTS = 300;

export function freePort() {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolvePort(port));
    });
  });
}

// Our environment with reviewd's options {"section.key": value} and none inherited.
function environment(options) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("REVIEWD_"));
  const set = Object.entries(options).map(([key, value]) => [
    `REVIEWD_${key.toUpperCase().replace(".", "_")}`,
    String(value),
  ]);
  return Object.fromEntries([...own, ...set]);
}

const delay = (ms) => new Promise((done) => setTimeout(done, ms));

async function isReady(url) {
  try {
    return (await fetch(`${url}/ready`)).ok;
  } catch {
    return false;
  }
}

// A folder with a short path (for sockets) that the user postgres can pass through.
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-browser-"));
  chmodSync(folder, 0o711);
  return folder;
}

// A migrated and seeded database. Resolves to {dsn, stop}; dsn is the superuser's.
export async function startDatabase(folder) {
  const script = join(top, "tests/private_postgres.sh");
  const place = join(folder, "pg");
  const stop = () => run(script, ["stop", place, "immediate"]);
  const dsn = (await run(script, ["start", place])).stdout.trim();
  try {
    await run(join(build, "reviewd"), ["--migrate"], { env: environment({ "db.dsn": dsn }) });
    const seed = ["--dsn", dsn, "--records", RECORDS, "--products", PRODUCTS].map(String);
    await run(join(build, "reviewd-seed"), seed, { env: environment({}) });
  } catch (error) {
    await stop();
    throw error;
  }
  return { dsn, stop };
}

// reviewd on free ports with the options {"section.key": value}. Resolves to {url, adminUrl, pid, stop}; stop drains it,
// and rejects when it did not end in order.
export async function startServer(folder, dsn, options = {}) {
  const port = await freePort();
  const adminPort = await freePort();
  const log = join(folder, `reviewd-${port}.log`);
  const settings = {
    "server.port": port,
    "admin.port": adminPort,
    "db.dsn": dsn.replace("user=postgres", "user=reviewd_server"),
    "db.connections": 24,
    "deadline.request_ms": 60000,
    "deadline.queue_ms": 60000,
    ...options,
  };
  const output = openSync(log, "a");
  const server = spawn("setpriv", ["--pdeathsig", "KILL", "--", join(build, "reviewd")], {
    env: environment(settings),
    stdio: ["ignore", output, output],
  });
  const ended = new Promise((done) => server.on("exit", (code, signal) => done(code ?? signal)));
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  for (let wait = 0; !(await isReady(adminUrl)); wait++) {
    if (wait === 600 || server.exitCode !== null) {
      server.kill("SIGKILL");
      throw new Error(`reviewd did not get ready:\n${readFileSync(log, "utf8")}`);
    }
    await delay(100);
  }
  const stop = async () => {
    server.kill("SIGTERM");
    const how = await ended;
    if (how !== 0) throw new Error(`reviewd ended with ${how}:\n${readFileSync(log, "utf8").slice(-5000)}`);
  };
  return { url: `http://127.0.0.1:${port}`, adminUrl, pid: server.pid, stop };
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}
