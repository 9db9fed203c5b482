import { loadConfig } from "@mister-smith/cli/config";
import { isSmithError } from "@mister-smith/errors";
import { checkChannels } from "@mister-smith/monitoring";
import { startDaemon } from "../daemon.ts";
import { refuseUnguarded } from "../http/guard/refuse-unguarded.ts";
import { createLog, type Log } from "../log.ts";
import { version } from "../version.ts";
import { type CommandLine, readCommandLine, usage } from "./command-line.ts";

/** Runs the daemon in this process until a signal ends it. */
export async function runProcess(args: readonly string[]): Promise<void> {
  let line: CommandLine;
  let config: Awaited<ReturnType<typeof loadConfig>>;
  try {
    line = readCommandLine(args);
    if (line.help) return void process.stdout.write(usage);
    if (line.version) return void process.stdout.write(`${version}\n`);
    config = await loadConfig({ cwd: process.cwd(), env: process.env, flags: flagsOf(line) });
    checkChannels(config.values.monitoring.channels, process.env);
    refuseUnguarded(config);
  } catch (error) {
    return refuse(error);
  }
  const log = createLog(config.values.daemon.logLevel);
  const signals = awaitSignals(log);
  try {
    const daemon = await startDaemon({ config, env: process.env, log, signal: signals.signal });
    await signals.ended;
    const late = await daemon.stop();
    if (late.length === 0) log.info("drained");
    else {
      process.exitCode = 1;
      log.error({ late }, "not drained in time; `daemon.drainTimeoutMs` gives it longer");
    }
  } catch (error) {
    if (signals.signal.aborted && isSmithError(error) && error.code === "ABORTED")
      log.info({ why: error.message }, "ended before it ran");
    else {
      process.exitCode = 1;
      log.fatal({ error }, "smithd ends");
    }
  }
  // Whatever a library left open must not keep a process that has done its work.
  setTimeout(() => process.exit(), 2_000).unref();
}

function flagsOf({ config, databaseUrl, natsUrl }: CommandLine) {
  return {
    ...(config === undefined ? {} : { config }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(natsUrl === undefined ? {} : { natsUrl }),
  };
}

function refuse(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = isSmithError(error) && error.hint !== undefined ? `\nhint: ${error.hint}` : "";
  process.stderr.write(`error: ${message}${hint}\n`);
  process.exitCode = 2;
}

function awaitSignals(log: Log): { readonly signal: AbortSignal; readonly ended: Promise<void> } {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) return;
      log.info({ signal: name }, "draining");
      abort.abort();
      resolve();
    });
  }
  return { signal: abort.signal, ended: promise };
}
