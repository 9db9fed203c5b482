import type { Database } from "@mister-smith/client";
import { nuid } from "@nats-io/transport-node";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { AgentLives } from "../flush/agent-lives.ts";
import { type StateKey, stateStream } from "../keys/state-subject.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type AckedWriter, ackedWriter } from "../store/acked-writer.ts";
import { createMissing } from "./create-missing.ts";
import { type AgentScope, countRows, rowsAfter } from "./state-rows.ts";

/** Both stores. */
export interface BothStores {
  readonly database: Database;
  readonly link: NatsLink;
}

/** What is brought into the bucket, and how. */
export interface HydrateOptions {
  /** Whose state: of these agents, of those that are initializing, active or idle, or of all. Default: `active`. */
  readonly agents?: AgentScope | undefined;
  /** How many writes may be under way at once. Default: 256. */
  readonly concurrency?: number | undefined;
  /** How long each write may take, in milliseconds, over restarts of the server. Default: 30000. */
  readonly writeTimeoutMs?: number | undefined;
  /** Where the lives of agents are followed. Default: nowhere. */
  readonly lives?: AgentLives | undefined;
  /** Told after each page of rows. What it throws becomes a warning of the process. */
  readonly onProgress?: ((progress: HydrateProgress) => void) | undefined;
  /** Ends it; what is in the bucket by then stays there. */
  readonly signal?: AbortSignal | undefined;
}

/** How far it has come. */
export interface HydrateProgress {
  /** Rows that were brought in. */
  readonly created: number;
  /** Rows whose keys the bucket knew already, as a value or as a delete. */
  readonly present: number;
  /** How many rows there were at the beginning. */
  readonly total: number;
}

/** What was done. */
export interface Hydrated extends HydrateProgress {
  /** Rows that are larger than a message may be (the server's `max_payload`): readers get these from PostgreSQL. */
  readonly tooLarge: number;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** Pages that are written at once: while the answers to one come in, the next is on its way. */
const pagesAtOnce = 2;

/**
 * Fills the bucket from PostgreSQL. It only creates what is missing: whatever the bucket has of a key wins, also a
 * delete that is not flushed yet. What it writes carries the row's expiry and is not flushed back. Values that have
 * expired are left out. It may run while both sides are written to, more than once at a time, and again after a failure.
 *
 * @throws SyncError `INVALID_INPUT`, `TOPOLOGY` when there is no bucket, `TIMEOUT`, `NATS_UNREACHABLE`, `ABORTED`; what the
 *   database throws
 */
export async function hydrate(
  { database, link }: BothStores,
  options: HydrateOptions = {},
): Promise<Hydrated> {
  const {
    agents = "active",
    concurrency = 256,
    writeTimeoutMs = 30_000,
    lives,
    onProgress,
    signal,
  } = options;
  checkAgents(agents);
  const startedAt = performance.now();
  const writer = await openWriter(link);
  const asked = signal === undefined ? {} : { signal };
  const creating = {
    database,
    link,
    writer,
    runId: nuid.next(),
    inFlight: Math.max(1, Math.ceil(concurrency / pagesAtOnce)),
    timeoutMs: writeTimeoutMs,
    signal,
  };
  let created = 0;
  let present = 0;
  let tooLarge = 0;
  const begun = new Set<string>();
  try {
    const total = await countRows(database.background, agents, asked);
    const running: Promise<void>[] = [];
    let after: StateKey | undefined;
    for (;;) {
      if (signal?.aborted === true) throw aborted(signal);
      const rows = await rowsAfter(database.background, { agents, after }, asked);
      after = rows.at(-1);
      if (after === undefined) break;
      begin(begun, rows, lives);
      let left = 0;
      const onTooLarge = () => {
        left += 1;
      };
      const job = createMissing({ ...creating, onTooLarge }, rows).then((made) => {
        created += made.length;
        tooLarge += left;
        present += rows.length - made.length - left;
        tell(onProgress, { created, present, total });
      });
      job.catch(() => {});
      running.push(job);
      if (running.length >= pagesAtOnce) await running.shift();
    }
    await Promise.all(running);
    return { created, present, total, tooLarge, tookMs: Math.round(performance.now() - startedAt) };
  } catch (error) {
    throw signal?.aborted === true ? aborted(signal) : error;
  } finally {
    lives?.happened("hydration ended", begun);
    writer.close();
  }
}

function begin(begun: Set<string>, rows: readonly StateKey[], lives: AgentLives | undefined): void {
  if (lives === undefined) return;
  const fresh = new Set(rows.map(({ agentId }) => agentId).filter((agentId) => !begun.has(agentId)));
  lives.happened("hydration began", fresh);
  for (const agentId of fresh) begun.add(agentId);
}

async function openWriter(link: NatsLink): Promise<AckedWriter> {
  try {
    const { config } = await link.manager.streams.info(stateStream);
    return ackedWriter(link, stateStream, config.duplicate_window / 1_000_000);
  } catch (error) {
    throw asSyncError(error, `open the bucket's stream ${stateStream}`);
  }
}

function checkAgents(agents: AgentScope): void {
  if (typeof agents === "string") return;
  const wrong = agents.find((agentId) => !z.guid().safeParse(agentId).success);
  if (wrong === undefined) return;
  throw new SyncError("INVALID_INPUT", `${JSON.stringify(wrong)} is no agent's id`, {
    hint: "Give UUIDs, or `active` or `all`.",
  });
}

function aborted(signal: AbortSignal): SyncError {
  return new SyncError("ABORTED", "hydration was ended by its signal", { cause: signal.reason });
}
