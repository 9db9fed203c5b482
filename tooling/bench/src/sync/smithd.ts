import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A daemon as a process of its own, and what it says of itself. */
export interface Smithd extends AsyncDisposable {
  /** Its metrics by their names, those with labels added up. */
  metrics(): Promise<ReadonlyMap<string, number>>;
}

/** The program, as `npm run build` makes it. */
const main = fileURLToPath(new URL("../../../../apps/daemon/dist/main.js", import.meta.url));
const readyTimeoutMs = 60_000;

/**
 * Starts smithd on a free port and waits until it is ready. Its errors go to standard error.
 *
 * @throws Error when it ends, or is not ready after a minute
 */
export async function startSmithd(environment: Readonly<Record<string, string>>): Promise<Smithd> {
  const child = spawn(process.execPath, [main], {
    cwd: tmpdir(),
    env: { ...process.env, ...environment, SMITH_DAEMON_PORT: "0", SMITH_DAEMON_LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = async () => {
    if (hasEnded()) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  };
  const { promise: said, resolve, reject } = Promise.withResolvers<string>();
  child.once("exit", () => reject(new Error("smithd has ended")));
  // Read to its end: a full pipe would hold it up.
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { msg, url } = JSON.parse(line) as { readonly msg?: string; readonly url?: string };
    if (msg === "smithd starts" && url !== undefined) resolve(url);
  });
  try {
    const url = await said;
    await ready(url, hasEnded);
    return { metrics: async () => readMetrics(await page(`${url}/metrics`)), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function ready(url: string, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + readyTimeoutMs;
  while (!hasEnded() && performance.now() < until) {
    if (await page(`${url}/readyz`).catch(() => undefined)) return;
    await pause(100);
  }
  throw new Error(`smithd is not ready after ${readyTimeoutMs} ms`);
}

async function page(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`${url} answers ${response.status}: ${text}`);
}

function readMetrics(text: string): ReadonlyMap<string, number> {
  const metrics = new Map<string, number>();
  for (const [, name = "", value = ""] of text.matchAll(/^([a-z_]+)(?:\{.*\})? (\S+)$/gm))
    metrics.set(name, (metrics.get(name) ?? 0) + Number(value));
  return metrics;
}
