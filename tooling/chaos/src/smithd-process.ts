import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A daemon as a process of its own, which can be treated badly. */
export interface SmithdProcess extends AsyncDisposable {
  readonly name: string;
  readonly alive: boolean;
  start(): Promise<void>;
  /** SIGTERM: it drains. Resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: it neither works nor knows that time goes by. */
  freeze(): void;
  /** SIGCONT. */
  wake(): void;
  /** The roles that it leads now; none when it does not answer. */
  roles(): Promise<readonly string[]>;
  /** Resolves when `/readyz` says so. */
  ready(timeoutMs: number): Promise<void>;
}

const main = fileURLToPath(
  new URL("./src/main.ts", import.meta.resolve("@mister-smith/daemon/package.json")),
);

/** Prepares a daemon; `start` starts it. Its log goes to a file of its name in `folder`. */
export function smithdProcess(
  name: string,
  folder: string,
  port: number,
  environment: Readonly<Record<string, string>>,
): SmithdProcess {
  let child: ChildProcess | undefined;
  const log = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === undefined) return null;
    const ending = child;
    child = undefined;
    if (ending.exitCode !== null || ending.signalCode !== null) return ending.exitCode;
    const exited = once(ending, "exit");
    ending.kill(signal);
    await exited;
    return ending.exitCode;
  };
  const read = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_000) });
    return { ok: response.ok, text: await response.text() };
  };

  const daemon: SmithdProcess = {
    name,
    get alive() {
      return child !== undefined && child.exitCode === null && child.signalCode === null;
    },
    async start() {
      child = spawn(process.execPath, ["--conditions=@mister-smith/source", main], {
        cwd: folder,
        env: { ...process.env, ...environment, SMITH_DAEMON_PORT: String(port) },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout?.pipe(log, { end: false });
      child.stderr?.pipe(log, { end: false });
      await once(child, "spawn");
    },
    terminate: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
    },
    freeze: () => void child?.kill("SIGSTOP"),
    wake: () => void child?.kill("SIGCONT"),
    async roles() {
      const { text } = await read("/metrics").catch(() => ({ text: "" }));
      return [...text.matchAll(/^smith_daemon_role_leader\{role="([a-z]+)"\} 1$/gm)].map(
        ([, role]) => role ?? "",
      );
    },
    async ready(timeoutMs) {
      const until = performance.now() + timeoutMs;
      let last = "no answer";
      while (performance.now() < until) {
        const answer = await read("/readyz").catch((error: unknown) => ({ ok: false, text: String(error) }));
        if (answer.ok) return;
        last = answer.text;
        if (!daemon.alive) throw new Error(`${name} has ended; its log is in ${folder}`);
        await pause(100);
      }
      throw new Error(`${name} is not ready after ${timeoutMs} ms: ${last}`);
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      log.end();
    },
  };
  return daemon;
}
