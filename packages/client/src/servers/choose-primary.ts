import { connectionRefusalOf } from "@mister-smith/errors";
import type { ServerState } from "./server-state.ts";

/** A server that may be the primary. */
export interface PrimaryCandidate {
  readonly address: string;
  readonly state: ServerState;
}

/** What was seen of primaries so far. */
export interface KnownPrimary {
  /** The highest timeline on which a server took writes. */
  readonly timeline: number;
  readonly systemId: string | undefined;
  /** The server that takes writes now; of two on the same timeline it stays. */
  readonly address: string | undefined;
}

/** The highest timeline on which each cluster took writes, by system identifier: what anybody here has seen. */
export type SeenTimelines = ReadonlyMap<string, number>;

/** Which server takes writes, and why the others do not. */
export interface PrimaryChoice<Candidate extends PrimaryCandidate> {
  readonly primary: Candidate | undefined;
  readonly refused: readonly { readonly address: string; readonly why: string }[];
}

/** Chooses the server that is not in recovery and has the highest timeline, unless a higher one was seen before. */
export function choosePrimary<Candidate extends PrimaryCandidate>(
  candidates: readonly Candidate[],
  known: KnownPrimary | undefined,
  seen: SeenTimelines = noneSeen,
): PrimaryChoice<Candidate> {
  const refused: { address: string; why: string }[] = [];
  let primary: Candidate | undefined;
  for (const candidate of candidates) {
    const why = whyNoPrimary(candidate.state, known, seen);
    if (why === undefined) primary = better(primary, candidate, known);
    else refused.push({ address: candidate.address, why });
  }
  return { primary, refused };
}

/** Why a server is not to be written to, as "db:5432 …" would continue; undefined when it is. */
export function whyNoPrimary(
  { status, answer, error }: ServerState,
  known: KnownPrimary | undefined,
  seen: SeenTimelines = noneSeen,
): string | undefined {
  if (status !== "up") return error instanceof Error ? silenceOf(error) : "has not answered yet";
  if (answer?.role !== "primary") return "is in recovery";
  const newest = Math.max(known?.timeline ?? 0, seen.get(answer.systemId ?? "") ?? 0);
  if ((answer.timeline ?? 0) < newest) {
    return `is on timeline ${answer.timeline}, though writes have gone to timeline ${newest}: an old primary that came back`;
  }
  if (known === undefined) return undefined;
  if (isAnotherCluster(answer.systemId, known.systemId)) {
    return `has system identifier ${answer.systemId}, not ${known.systemId}: it belongs to another cluster`;
  }
  return undefined;
}

/** Why a server that is not up is not: what refuses a connection does answer. */
export function silenceOf(error: Error): string {
  const what = connectionRefusalOf(error) === undefined ? "does not answer" : "refuses the connection";
  return `${what}: ${error.message}`;
}

const noneSeen: SeenTimelines = new Map();

function isAnotherCluster(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function better<Candidate extends PrimaryCandidate>(
  one: Candidate | undefined,
  other: Candidate,
  known: KnownPrimary | undefined,
): Candidate {
  if (one === undefined) return other;
  const more = timelineOf(other) - timelineOf(one);
  return more > 0 || (more === 0 && other.address === known?.address) ? other : one;
}

function timelineOf({ state }: PrimaryCandidate): number {
  return state.answer?.timeline ?? 0;
}
