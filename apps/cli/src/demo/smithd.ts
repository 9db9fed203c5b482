import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { SmithError } from "@mister-smith/errors";
import { streamBytes } from "./stream-bytes.ts";

/** A smithd of the demonstration's own. */
export interface Smithd extends AsyncDisposable {
  readonly pid: number;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 20_000;

/** Starts smithd on the servers; it is ready when the promise resolves. */
export async function startSmithd(
  program: string,
  servers: { readonly databaseUrl: string; readonly natsUrl: string },
  signal: AbortSignal,
): Promise<Smithd> {
  const port = await freePort();
  const child = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      SMITH_DATABASE_URL: servers.databaseUrl,
      SMITH_NATS_URL: servers.natsUrl,
      SMITH_DAEMON_PORT: String(port),
      // A crashed one is soon replaced.
      SMITH_DAEMON_LEASE_TTL_MS: "1000",
      SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: String(streamBytes),
      SMITH_SYNC_STREAMS_AGENT_STATE_MAX_BYTES: String(streamBytes),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  const end = (name: NodeJS.Signals) => ended(child, name);
  // Whoever is killed in the middle of the demonstration takes it along.
  const onExit = () => void child.kill("SIGKILL");
  process.once("exit", onExit);
  const smithd: Smithd = {
    pid: child.pid ?? 0,
    kill: () => end("SIGKILL"),
    async [Symbol.asyncDispose]() {
      process.off("exit", onExit);
      await end("SIGTERM");
    },
  };
  try {
    await ready(child, `http://127.0.0.1:${port}/readyz`, signal);
    return smithd;
  } catch (cause) {
    await smithd.kill();
    signal.throwIfAborted();
    throw new SmithError("SMITHD_NOT_STARTED", `smithd did not get ready: ${String(cause)} ${said}`.trim(), {
      cause,
      hint: "Start it by hand to see what it says: `smithd`.",
    });
  }
}

async function ready(child: ChildProcess, url: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it has ended");
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch((error: unknown) => error);
    if (answer instanceof Response && answer.ok) return;
    if (performance.now() > until)
      throw new Error(answer instanceof Response ? await answer.text() : String(answer));
    await pause(100, undefined, { signal });
  }
}

async function ended(child: ChildProcess, name: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(name);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
