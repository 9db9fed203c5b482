import { setTimeout as pause } from "node:timers/promises";
import { settled, violations } from "./check.ts";
import { chooseFault } from "./faults.ts";
import { createLoad, type Load } from "./load.ts";
import { lookIntoTable } from "./look.ts";
import { seededRandom } from "./random.ts";
import { openWorld, type World } from "./world.ts";

/** How much chaos. */
export interface ChaosOptions {
  readonly cycles: number;
  readonly seed: number;
  readonly agents: number;
  readonly keysPerAgent: number;
  /** Told after each cycle. */
  readonly onCycle: (cycle: ChaosCycle) => void;
}

/** What happened in one cycle. */
export interface ChaosCycle {
  readonly number: number;
  readonly fault: string;
  /** Until both stores agreed once writing had stopped, in milliseconds. */
  readonly settledMs: number;
  readonly violations: readonly string[];
}

/** What happened at all. */
export interface ChaosReport {
  readonly seed: number;
  readonly cycles: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  /** Writes whose outcome nobody knows, because the server went away. */
  readonly unknown: number;
  readonly bad: number;
  readonly looks: number;
  readonly seconds: number;
  readonly violations: readonly string[];
  /** Where the logs of the daemons are, when there were violations. */
  readonly logs: string | undefined;
}

/** Lets bad things happen to a world that is written to, and compares both stores with every acknowledged write. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const began = performance.now();
  const random = seededRandom(options.seed);
  await using world = await openWorld();
  const load = await createLoad(world, random, options);
  const faults: Record<string, number> = {};
  const all: string[] = [];
  let looks = 0;
  let cycles = 0;
  for (let number = 1; number <= options.cycles; number += 1) {
    const fault = chooseFault(random);
    load.resume();
    const watching = watch(world, load);
    try {
      await pause(random.between(100, 600));
      await fault.happen(world, random);
      await pause(random.between(100, 600));
      await load.rest();
    } finally {
      watching.stop();
    }
    const seen = await watching.done;
    looks += seen.looks;
    const settledMs = await settled(world).catch((error: unknown) => {
      seen.wrong.push(error instanceof Error ? error.message : String(error));
      return Number.NaN;
    });
    const wrong = [...seen.wrong, ...(Number.isNaN(settledMs) ? [] : await violations(world, load))];
    faults[fault.name] = (faults[fault.name] ?? 0) + 1;
    all.push(...wrong.map((line) => `cycle ${number}, ${fault.name}: ${line}`));
    cycles = number;
    options.onCycle({ number, fault: fault.name, settledMs, violations: wrong });
    if (wrong.length > 0) break;
  }
  if (all.length > 0) world.keepFolder();
  return {
    seed: options.seed,
    cycles,
    faults,
    ...load.counts,
    looks,
    seconds: (performance.now() - began) / 1_000,
    violations: all,
    logs: all.length > 0 ? world.folder : undefined,
  };
}

/** Looks into the table again and again while it is written to: no key may ever go back. */
function watch(world: World, load: Load) {
  let stopped = false;
  const wrong: string[] = [];
  let looks = 0;
  const done = (async () => {
    while (!stopped) {
      // While PostgreSQL is away there is nothing to see.
      const table = await lookIntoTable(world, load.keys).catch(() => undefined);
      if (table !== undefined) looks += 1;
      for (const [key, held] of table ?? []) {
        const line = key.writer === "bucket" ? key.history.wrongInMotion(held) : undefined;
        if (line !== undefined) wrong.push(`${key.agentId}.${key.stateKey}: ${line}`);
      }
      await pause(20);
    }
    return { wrong, looks };
  })();
  return {
    done,
    stop: () => {
      stopped = true;
    },
  };
}
