/** Events that were not there when those around them were found: of transactions that still ran, or were undone. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** The first transaction that had not begun then: when all before it have ended, nothing more can appear here. */
  readonly before: number;
}

/**
 * Where unpublished events may still be found.
 *
 * A plain cursor would lose the event of a transaction that commits late: it has a lower number than events that were
 * there before it. So the numbers that were missing are remembered until the transactions that may have drawn them
 * have ended. All others below `high` were seen; the rows and dead rows of those need not be passed again.
 */
export interface Search {
  readonly high: number;
  /** In ascending order. */
  readonly gaps: readonly Gap[];
  /** The last event of a look at everything that is under way; undefined: only gaps and what is above `high`. */
  readonly sweptTo: number | undefined;
}

/** What one look has found. */
export interface Look {
  /** The events it found, in ascending order. */
  readonly ids: readonly number[];
  /** It has come to the end: there were no more. */
  readonly whole: boolean;
  /** All transactions before this one had ended. */
  readonly oldestRunning: number;
  /** The first transaction that had not begun. */
  readonly nextTransaction: number;
}

/** Nothing is known: the first look is at everything. */
export const freshSearch: Search = { high: 0, gaps: [], sweptTo: 0 };

/** Begins a look at everything, for what no gap tells of: an event that was put back, or was let go of. */
export function sweep(search: Search): Search {
  return { ...search, sweptTo: 0 };
}

/** What is known after a look. */
export function advance(search: Search, look: Look): Search {
  const last = look.ids.at(-1);
  const reach = look.whole ? Number.POSITIVE_INFINITY : (last ?? 0);
  const gaps = [
    ...search.gaps.flatMap((gap) => afterLook(gap, look, search.sweptTo ?? 0, reach)),
    ...gapsAbove(search.high, look),
  ];
  return {
    high: Math.max(search.high, last ?? 0),
    gaps,
    sweptTo: search.sweptTo === undefined || look.whole ? undefined : Math.max(search.sweptTo, last ?? 0),
  };
}

/** What is left of a gap of which the part from `after` (not included) to `reach` was looked at. */
function afterLook(gap: Gap, look: Look, after: number, reach: number): Gap[] {
  const from = Math.max(gap.from, after + 1);
  const to = Math.min(gap.to, reach);
  if (from > to) return [gap];
  const left: Gap[] = [];
  if (gap.from < from) left.push({ ...gap, to: from - 1 });
  // Whoever had drawn these numbers was done when this look began: it has seen all that there will ever be.
  if (look.oldestRunning < gap.before) left.push(...without(look.ids, { ...gap, from, to }));
  if (to < gap.to) left.push({ ...gap, from: to + 1 });
  return left;
}

function gapsAbove(high: number, look: Look): Gap[] {
  const gaps: Gap[] = [];
  let next = high + 1;
  for (const id of look.ids) {
    if (id < next) continue;
    if (id > next) gaps.push({ from: next, to: id - 1, before: look.nextTransaction });
    next = id + 1;
  }
  return gaps;
}

function without(ids: readonly number[], gap: Gap): Gap[] {
  const left: Gap[] = [];
  let from = gap.from;
  for (const id of ids) {
    if (id < from || id > gap.to) continue;
    if (id > from) left.push({ ...gap, from, to: id - 1 });
    from = id + 1;
  }
  if (from <= gap.to) left.push({ ...gap, from });
  return left;
}
