// Prepares a fresh clone: dependencies, Node.js 24 for the project, build, servers. Plain JavaScript for
// Node.js 18 and newer, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { builtFiles, fingerprint } from "./fingerprint.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const bin = join(root, "node_modules", ".bin");
const stampFile = join(root, "node_modules", ".mister-smith-setup.json");
const lockFolder = join(root, ".smith", "setup.lock");
const oldestNode = 18;
const projectNode = 24;
const stepTimeoutMs = 15 * 60_000;

/** The Node.js that runs the project: the one from the registry, else this one when it is new enough. */
export function projectNodePath() {
  const installed = join(bin, "node");
  if (existsSync(installed)) return installed;
  if (majorOf(process.versions.node) >= projectNode) return process.execPath;
  throw new SetupError(
    `no Node.js ${projectNode} for ${process.platform} ${process.arch} came with the dependencies, and this is ${process.version}`,
    `Install Node.js ${projectNode} or newer (https://nodejs.org/en/download), then run the command again.`,
  );
}

/** The environment of every program of the project: its own Node.js and tools first on the PATH. */
export function projectEnvironment() {
  return {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
    TURBO_TELEMETRY_DISABLED: "1",
  };
}

/**
 * Brings the clone to the state in which everything runs. Does only what is not done yet.
 *
 * @param servers whether the server programs are needed: "required"; "wanted" says what is missing and goes on;
 *   "none" does not look, because the tool also works against servers that are named by URL
 * @throws {SetupError} what failed, and what to do
 */
export function setup({ servers }) {
  if (majorOf(process.versions.node) < oldestNode) {
    throw new SetupError(
      `this is Node.js ${process.versions.node}`,
      `Install Node.js ${oldestNode} or newer (https://nodejs.org/en/download).`,
    );
  }
  if (isCurrent(servers)) return;
  withLock(() => {
    installDependencies();
    build();
    if (servers !== "none") provideServers(servers);
  });
}

export class SetupError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

function isCurrent(servers) {
  const done = readStamp();
  return (servers === "none" || done.servers === true) && done.install === installPrint() && isBuilt(done);
}

function isBuilt(done) {
  return done.build === buildPrint() && builtFiles(root).every((file) => existsSync(file));
}

function installDependencies() {
  const print = installPrint();
  if (readStamp().install === print) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  say(`installing the dependencies with ${packageManager}`);
  const frozen = existsSync(join(root, "pnpm-lock.yaml")) ? ["--frozen-lockfile"] : [];
  const npx = process.platform === "win32" ? "npx.cmd" : "npx";
  step(npx, ["--yes", packageManager, "install", ...frozen], {
    failure: "the dependencies could not be installed",
    hint: "Check that the npm registry can be reached (`npm ping`), then run the command again.",
  });
  writeStamp({ install: print, build: undefined, servers: false });
}

function build() {
  const print = buildPrint();
  if (isBuilt(readStamp())) return;
  say("building the packages");
  step(join(bin, "turbo"), ["run", "build", "--output-logs=errors-only", "--log-order=grouped"], {
    failure: "the build failed",
    hint: "The lines above name the file. `npm run setup` tries again.",
  });
  writeStamp({ build: print });
}

function provideServers(servers) {
  if (readStamp().servers === true) return;
  say("looking for PostgreSQL and nats-server");
  try {
    step(projectNodePath(), [join(root, "tooling", "bootstrap", "servers.mjs")], {
      failure: "a server program is missing",
      hint: "The lines above say what to install. With `docker compose up` and the URLs of its servers the tool works without.",
      shown: true,
    });
  } catch (error) {
    if (servers === "required" || !(error instanceof SetupError)) throw error;
    say(`${error.message}: the demo and the tests need it`);
    return;
  }
  writeStamp({ servers: true });
}

function step(command, args, { failure, hint, shown = false }) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: projectEnvironment(),
    stdio: shown ? ["ignore", 2, 2] : ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: stepTimeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  const reason = result.error
    ? `: ${result.error.message}`
    : result.signal
      ? `: ended by ${result.signal}`
      : "";
  throw new SetupError(`${failure}${reason}`, hint);
}

const installPrint = () =>
  fingerprint(root, {
    folders: [],
    files: ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"],
    manifests: true,
  });

const buildPrint = () =>
  fingerprint(root, {
    folders: ["packages/*/src", "apps/*/src", "migrations", "tooling/tsconfig"],
    files: [],
    manifests: true,
  });

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

function writeStamp(changes) {
  writeFileSync(stampFile, JSON.stringify({ ...readStamp(), ...changes }));
}

/** Two commands that are started at once prepare one after the other. */
function withLock(work) {
  const deadline = Date.now() + stepTimeoutMs;
  mkdirSync(dirname(lockFolder), { recursive: true });
  while (!tryLock()) {
    if (Date.now() > deadline) {
      throw new SetupError(
        "another setup of this clone is still running",
        `If none is, remove ${lockFolder}.`,
      );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    work();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

function tryLock() {
  try {
    mkdirSync(lockFolder);
    writeFileSync(join(lockFolder, "pid"), String(process.pid));
    return true;
  } catch {
    if (holderIsGone()) rmSync(lockFolder, { recursive: true, force: true });
    return false;
  }
}

function holderIsGone() {
  try {
    const pid = Number(readFileSync(join(lockFolder, "pid"), "utf8"));
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (error.code === "ESRCH") return true;
    // The holder makes the folder first and writes its number next: only an old empty folder is abandoned.
    return (
      error.code === "ENOENT" && existsSync(lockFolder) && Date.now() - statSync(lockFolder).mtimeMs > 5_000
    );
  }
}

function majorOf(version) {
  return Number(version.split(".")[0]);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** Runs `work` and turns a SetupError into two lines and exit status 1. */
export function reportingSetupErrors(work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`setup: ${error.message}\n       ${error.hint}\n`);
    process.exit(1);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  reportingSetupErrors(() => {
    setup({ servers: "wanted" });
    say("ready: npm run demo, npm test, npm run -s smith -- --help");
  });
}
