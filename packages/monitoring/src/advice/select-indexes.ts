import type { IndexCandidate } from "./candidate.ts";
import { type CostTable, fastEnough, type NoticedDifference } from "./cost-table.ts";
import { covers, shapeOf } from "./covers.ts";

/** What the choice of indexes is held to. */
export interface SelectionBounds {
  /** What all chosen ones together may take on disk, in bytes. */
  readonly budgetBytes: number;
  /** What an index must spare of the cost of the whole workload, beyond what writes pay for it, from 0 to 1. */
  readonly minGain: number;
}

/** A change of the chosen set: what comes, and what goes. */
interface Move {
  readonly add: readonly IndexCandidate[];
  readonly drop: readonly IndexCandidate[];
}

/**
 * Chooses those candidates that spare the workload the most, beyond what its writes pay for them, within the budget: step by
 * step what spares the most, and what spares the most for its size; the better of the two sets is it. No chosen one does
 * only what another one or an existing index does, and none is left that nobody misses. The same costs give the same
 * choice.
 *
 * @param bundles candidates that a plan has together, and that may be worth nothing each alone
 */
export async function selectIndexes(
  costs: CostTable,
  candidates: readonly IndexCandidate[],
  bundles: readonly (readonly IndexCandidate[])[],
  bounds: SelectionBounds,
): Promise<readonly IndexCandidate[]> {
  const least = (await costs.total([])) * bounds.minGain;
  const moves = [...candidates.map((one) => [one]), ...bundles.filter(({ length }) => length > 1)];
  const chosen = [];
  for (const isBySize of [false, true]) {
    const grown = await grow(costs, moves, bounds.budgetBytes, least, isBySize);
    const pruned = await prune(costs, grown, least);
    chosen.push({ pruned, total: await costs.total(pruned) });
  }
  const [best] = chosen.toSorted((a, b) => a.total - b.total);
  return await prune(costs, await simplify(costs, best?.pruned ?? [], candidates), least);
}

/** Takes, in place of each, the smallest one that does nearly the same: it is cheaper to keep. */
async function simplify(
  costs: CostTable,
  chosen: readonly IndexCandidate[],
  candidates: readonly IndexCandidate[],
): Promise<readonly IndexCandidate[]> {
  let config = chosen;
  for (const one of chosen) {
    const others = config.filter((other) => other !== one);
    const smaller = candidates
      .filter((other) => other.table === one.table && costs.sizeOf(other) < costs.sizeOf(one))
      .toSorted((a, b) => costs.sizeOf(a) - costs.sizeOf(b) || (a.id < b.id ? -1 : 1));
    for (const other of smaller) {
      const next = after(others, [other]);
      if (next === others || (await costs.isWorse(next, config, noticed(one)))) continue;
      config = next;
      break;
    }
  }
  return config;
}

interface OpenMove {
  readonly add: readonly IndexCandidate[];
  /** What it gave when it was last tried: it gives more only beside others, which bundles are for. */
  score: number;
}

async function grow(
  costs: CostTable,
  moves: readonly (readonly IndexCandidate[])[],
  budgetBytes: number,
  least: number,
  isBySize: boolean,
): Promise<readonly IndexCandidate[]> {
  let config: readonly IndexCandidate[] = [];
  let open: OpenMove[] = moves.map((add) => ({ add, score: Number.POSITIVE_INFINITY }));
  const scoreOf = async (next: readonly IndexCandidate[], before: number) => {
    if (next === config || sum(next, costs) > budgetBytes) return 0;
    const gain = before - (await costs.total(next));
    if (gain <= least) return 0;
    return isBySize ? gain / Math.max(sum(next, costs) - sum(config, costs), smallest) : gain;
  };
  while (open.length > 0) {
    const before = await costs.total(config);
    let best = { config, score: 0 };
    for (const one of open) {
      // The others gave less when there was more to gain.
      if (one.score <= best.score) break;
      const next = after(config, one.add);
      one.score = await scoreOf(next, before);
      if (one.score > best.score) best = { config: next, score: one.score };
    }
    if (best.score === 0) return config;
    config = best.config;
    open = open.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score);
  }
  return config;
}

/** A page: nothing is smaller. */
const smallest = 8192;

/** The set with some more: without those whose work they do, and as it is where others do theirs. */
function after(config: readonly IndexCandidate[], add: readonly IndexCandidate[]): readonly IndexCandidate[] {
  const { add: more, drop } = moveOf(config, add);
  if (more.length === 0) return config;
  return [...config.filter((one) => !drop.includes(one)), ...more];
}

function moveOf(config: readonly IndexCandidate[], wanted: readonly IndexCandidate[]): Move {
  const does = (one: IndexCandidate, other: IndexCandidate) =>
    one !== other && one.table === other.table && covers(shapeOf(one), shapeOf(other));
  const add = wanted.filter(
    (one, at) =>
      !config.includes(one) &&
      !config.some((other) => does(other, one)) &&
      // Of two that do the same only the first.
      !wanted.some((other, place) => does(other, one) && (!does(one, other) || place < at)),
  );
  return { add, drop: config.filter((one) => add.some((other) => does(other, one))) };
}

/** Leaves out, one after the other, what spares less than the least beside the others, or nothing that would be noticed. */
async function prune(
  costs: CostTable,
  grown: readonly IndexCandidate[],
  least: number,
): Promise<readonly IndexCandidate[]> {
  let config = grown;
  while (config.length > 0) {
    const total = await costs.total(config);
    const losses = [];
    for (const one of config) {
      const without = config.filter((other) => other !== one);
      const isMissed = await costs.isWorse(without, config, noticed(one));
      losses.push({ one, loss: isMissed ? (await costs.total(without)) - total : Number.NEGATIVE_INFINITY });
    }
    const [smallest] = losses.toSorted((a, b) => a.loss - b.loss || (a.one.id < b.one.id ? -1 : 1));
    if (smallest === undefined || smallest.loss > least) return config;
    config = config.filter((one) => one !== smallest.one);
  }
  return config;
}

// That the table need not be read holds only for what was vacuumed since it was written: it must promise more.
const noticed = ({ include }: IndexCandidate): NoticedDifference =>
  include.length > 0 ? { times: 3, cost: 5 * fastEnough } : { times: 1.5, cost: fastEnough };
const sum = (config: readonly IndexCandidate[], costs: CostTable) =>
  config.reduce((bytes, one) => bytes + costs.sizeOf(one), 0);
