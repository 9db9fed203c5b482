import { setTimeout as sleep } from "node:timers/promises";
import { type RunningSystem, readSystem, startSystem } from "@mister-smith/embedded";
import { SmithError } from "@mister-smith/errors";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { systemFolder } from "./system-folder.ts";
import { serverLines, systemReport } from "./system-report.ts";

/** What `smith up` takes. */
export interface StartInput {
  readonly folder?: string | undefined;
  readonly postgresPort?: number | undefined;
  readonly natsPort?: number | undefined;
  readonly foreground: boolean;
  readonly showSecrets: boolean;
}

/** Starts the embedded system and says where it listens; in the foreground it goes with this process. */
export async function start(context: Context, input: StartInput): Promise<CommandResult> {
  const folder = await systemFolder(context, input);
  const { embedded } = (await context.config()).values;
  using progress = context.progress(`starting PostgreSQL and NATS in ${folder}`);
  const system = await startSystem({
    folder,
    lifetime: input.foreground ? "parent" : "detached",
    postgres: port(input.postgresPort ?? embedded.postgresPort),
    nats: port(input.natsPort ?? embedded.natsPort),
  });
  progress.end();
  if (context.signal.aborted && !system.alreadyRunning) await system.stop();
  context.signal.throwIfAborted();
  if (input.foreground && system.alreadyRunning) throw runsAlready(folder);
  const report = systemReport(system, input.showSecrets);
  const text = [headline(system, input), ...serverLines(report, context), ...nextSteps(input, context)].join(
    "\n",
  );
  const data = { ...report, alreadyRunning: system.alreadyRunning };
  return input.foreground ? { data, text, hold: () => keep(system, context) } : { data, text };
}

function port(number: number | undefined): { readonly port?: number } {
  return number === undefined ? {} : { port: number };
}

function headline({ alreadyRunning, since }: RunningSystem, { foreground }: StartInput): string {
  if (alreadyRunning) return `runs already, since ${since ?? "an unknown time"}`;
  return foreground ? "started; Ctrl-C stops it" : "started; it keeps running until `smith down`";
}

function nextSteps({ foreground }: StartInput, { colours }: Context): string[] {
  return foreground ? [] : ["", `next: ${colours.cyan("smith migrate up")}`];
}

function runsAlready(folder: string): SmithError {
  return new SmithError("SYSTEM_RUNS_ALREADY", `the system in ${folder} runs already, with another process`, {
    hint: "Stop it with `smith down` first, or leave --foreground out.",
    details: { folder },
  });
}

const lookEveryMs = 1000;

/** Waits until somebody asks to stop, then stops the system; a server that dies ends the wait with an error. */
async function keep(system: RunningSystem, { signal }: Context): Promise<void> {
  try {
    while (!signal.aborted && (await readSystem(system.folder)).running) {
      await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
    }
    if (!signal.aborted) throw died(await readSystem(system.folder));
  } finally {
    await system.stop();
  }
}

function died({ folder, postgres, nats }: Awaited<ReturnType<typeof readSystem>>): SmithError {
  const logs = [postgres, nats].flatMap((one) => (one === undefined || one.running ? [] : [one.logFile]));
  return new SmithError("SYSTEM_DIED", `the system in ${folder} was stopped from outside, or a server died`, {
    hint: `Its log says why: ${logs.join(", ")}`,
    details: { folder, logs },
  });
}
