import { UsageError } from "../usage-error.ts";
import type { Run } from "./run.ts";

/** A run and which of its copies to live. */
export interface ChosenLife {
  readonly run: Run;
  /** From 1. */
  readonly copy: number;
}

/**
 * Which runs to live, and how often: each once, or repeated in their order until exactly `agents` agents are
 * registered. A run whose agents would be too many for what is missing is passed over for one that fits.
 */
export function chooseLives(runs: readonly Run[], agents: number | undefined): readonly ChosenLife[] {
  const once = runs.map((run) => ({ run, copy: 1 }));
  if (agents === undefined) return once;
  const needed = sum(runs.map(agentsOf));
  if (agents < needed) {
    throw new UsageError(`--agents ${agents}: the runs given have ${needed} agents`, {
      hint: `Give --agents ${needed} or more, or fewer runs.`,
    });
  }
  const lives = [...once];
  let missing = agents - needed;
  for (let copy = 2; missing > 0; copy++) {
    const fitting = runs.filter((run) => agentsOf(run) <= missing);
    if (fitting.length === 0) throw cannotBeMet(agents, agents - missing, runs);
    for (const run of fitting) {
      if (agentsOf(run) > missing) continue;
      lives.push({ run, copy });
      missing -= agentsOf(run);
    }
  }
  return lives;
}

/** How many agents a run registers. */
export function agentsOf(run: Run): number {
  return run.events.filter((event) => event.type === "agent").length;
}

function cannotBeMet(agents: number, below: number, runs: readonly Run[]): UsageError {
  const smallest = Math.min(...runs.map(agentsOf));
  return new UsageError(`--agents ${agents}: every run has ${smallest} agents or more`, {
    hint: `Give --agents ${below} or ${below + smallest}.`,
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
