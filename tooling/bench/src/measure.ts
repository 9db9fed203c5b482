import type { Case, Subject } from "./benchmark.ts";
import type { Result } from "./result.ts";

/**
 * Runs the subjects of a case in turn, A B A B …, so that a machine that slows down slows all of them, and
 * reports each subject's median. The first round of each warms up and is not counted.
 */
export async function measureCase(bench: string, measured: Case): Promise<Result[]> {
  const seconds = new Map<Subject, number[]>(measured.subjects.map((subject) => [subject, []]));
  for (let round = 0; round <= measured.rounds; round += 1) {
    for (const subject of turn(measured.subjects, round)) {
      const taken = await subject.round();
      if (round > 0) seconds.get(subject)?.push(taken);
    }
  }
  const rate = (subject: Subject) => measured.amount / median(seconds.get(subject) ?? []);
  const rates = measured.subjects.map((subject) => ({
    name: subject.name,
    ours: subject.ours ?? false,
    rate: rate(subject),
  }));
  return resultsOf(bench, measured.name, measured.unit, rates);
}

/** What a subject came to. */
export interface Rate {
  readonly name: string;
  readonly ours: boolean;
  readonly rate: number;
}

/** The lines of a case whose rates are known. */
export function resultsOf(bench: string, name: string, unit: string, rates: readonly Rate[]): Result[] {
  return rates.map((subject) => ({
    bench,
    case: name,
    subject: subject.name,
    value: round(subject.rate, 1),
    unit,
    ...(subject.ours ? { ratios: ratiosOf(subject, rates) } : {}),
  }));
}

// The order changes from round to round: whoever comes first finds the caches of whoever came last.
function turn(subjects: readonly Subject[], round: number): Subject[] {
  const start = round % subjects.length;
  return [...subjects.slice(start), ...subjects.slice(0, start)];
}

function ratiosOf(ours: Rate, rates: readonly Rate[]): Record<string, number> {
  const peers = rates.filter((peer) => peer !== ours);
  return Object.fromEntries(peers.map((peer) => [peer.name, round(ours.rate / peer.rate, 3)]));
}

/** The middle value; the mean of the two middle ones of an even count. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Seconds that `work` took. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
