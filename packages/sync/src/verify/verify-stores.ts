import { setTimeout as pause } from "node:timers/promises";
import { nuid } from "@nats-io/transport-node";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { BothStores } from "../hydrate/hydrate.ts";
import { readStateSubject, type StateKey, stateStream, stateSubject } from "../keys/state-subject.ts";
import { tell as tellListener } from "../lifecycle/tell.ts";
import { type AckedWriter, ackedWriter } from "../store/acked-writer.ts";
import { readBucket } from "../store/bucket-message.ts";
import { hasWildcard, purgeMessage } from "../store/purge-message.ts";
import { type WalkedMessage, walkBucket } from "../store/walk-bucket.ts";
import { confirm } from "./confirm.ts";
import type { DifferenceCause, RepairOutcome, StateDifference } from "./difference.ts";
import { explain } from "./explain.ts";
import { goneUnflushed } from "./gone-unflushed.ts";
import { isFlushed } from "./judge-key.ts";
import { hasDigest, type Judged, type LookedAt, look } from "./look.ts";
import { type LostVersion, lostKeys } from "./lost-keys.ts";
import { restoreLostRow } from "./lost-row.ts";
import { mendKey } from "./mend-key.ts";
import { ageOfRow, fateOfRow } from "./row-fate.ts";
import { checkRows, parkedOf, readRowSide, restoreRow, type SpoiltRow } from "./row-side.ts";

/** The side that is said to be right. */
export type ForcedSide = "bucket" | "postgres";

/** How the two stores are compared. */
export interface VerifyOptions {
  /** Mends each difference in the direction that is right. Default: false, which only looks. */
  readonly repair?: boolean | undefined;
  /**
   * With `repair`, which side wins where nothing tells which is newer (`undecided`). `bucket`: the row gets what the bucket has,
   * is made, or is deleted. `postgres`: the bucket gets what the row has, or a delete where there is none. Default: neither, both stay.
   */
  readonly force?: ForcedSide | undefined;
  /** Whose state. Default: that of all agents. */
  readonly agents?: readonly string[] | undefined;
  /** Only under this key. Default: all keys. */
  readonly stateKey?: string | undefined;
  /** How many keys are compared at once. Default: 500. */
  readonly batchKeys?: number | undefined;
  /** A difference must be the same at two looks so far apart, in milliseconds. Default: 500. */
  readonly settleMs?: number | undefined;
  /** How long the flusher, and the relay of SQL's changes, are waited for, in milliseconds. Default: 10000. */
  readonly patienceMs?: number | undefined;
  /** The report lists so many differences at most, and counts all. Default: 10000. */
  readonly maxListed?: number | undefined;
  /** Told of each difference, also of those that the report does not list. What it throws becomes a warning of the process. */
  readonly onDifference?: ((difference: StateDifference) => void) | undefined;
  /** Told after each batch. What it throws becomes a warning of the process. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far the comparison is. */
export interface VerifyProgress {
  /** Keys of the bucket that were compared. */
  readonly keys: number;
  /** Rows whose checksums were checked. */
  readonly rows: number;
  /** Differences that are confirmed. */
  readonly differences: number;
}

/** What was found. */
export interface VerifyReport extends VerifyProgress {
  /** Whether both sides have the same, and nothing is known to be gone: no difference, or all are mended, and none of `goneUnflushed`. */
  readonly isClean: boolean;
  /** Differences that are not mended. */
  readonly openDifferences: number;
  /** The first differences, `maxListed` at most. */
  readonly listed: readonly StateDifference[];
  /** How many differences there are of each cause. */
  readonly byCause: Readonly<Partial<Record<DifferenceCause, number>>>;
  /** Keys that were changed at every look, so that nothing can be said of them. */
  readonly unsettled: number;
  /**
   * Messages of the bucket behind the flushed position that are not there any more. They were superseded by later ones, or
   * evicted after a flush that PostgreSQL has lost since: usual while the flusher is behind, and all that can be said of a
   * lost end where no event tells more. Undefined where only some agents or one key are compared: a message that is gone does not
   * tell whose it was.
   */
  readonly goneUnflushed: number | undefined;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** So many suspects wait for a second look at most. */
const mostSuspects = 2_000;

/**
 * Compares the bucket and PostgreSQL key by key, while both are written to, in memory for a few batches. What the bucket does
 * not have is cold, and no difference. A difference is only one that is the same at two looks, after the flusher and the
 * relay had their time.
 *
 * With `repair`, the bucket gets what the row has where the row is newer, over no other message than the one that was
 * compared; a row that PostgreSQL has lost gets the value back that the bucket has of it, and one that was deleted by SQL since, as the
 * events tell, is deleted again; where nothing tells which side is
 * newer, both stay as they are (but see `force`); what is not flushed is left to the flusher; a damaged row gets its value back from the bucket where that has it.
 *
 * @throws SyncError `INVALID_INPUT`, `TOPOLOGY`, `NATS_UNREACHABLE`, `ABORTED`; what the database throws
 */
export async function verifyStores(stores: BothStores, options: VerifyOptions = {}): Promise<VerifyReport> {
  const run = await openRun(stores, options);
  try {
    await compareBucket(run);
    await compareRows(run);
    await listLost(run);
    const { open, ...report } = run.report;
    const isWhole = run.agents === undefined && options.stateKey === undefined;
    const gone = isWhole ? await goneUnflushed(run.stores, run.createdMs, options) : undefined;
    return {
      ...report,
      isClean: open === 0 && (gone ?? 0) === 0,
      openDifferences: open,
      goneUnflushed: gone,
      tookMs: Math.round(performance.now() - run.startedAt),
    };
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new SyncError("ABORTED", "the comparison was ended by its signal", {
      cause: options.signal.reason,
    });
  } finally {
    run.writer.close();
  }
}

interface Run {
  readonly stores: BothStores;
  readonly options: VerifyOptions;
  readonly agents: readonly string[] | undefined;
  readonly writer: AckedWriter;
  readonly runId: string;
  readonly createdMs: number;
  readonly startedAt: number;
  readonly report: {
    keys: number;
    rows: number;
    differences: number;
    unsettled: number;
    open: number;
    readonly listed: StateDifference[];
    readonly byCause: Partial<Record<DifferenceCause, number>>;
  };
}

async function openRun(stores: BothStores, options: VerifyOptions): Promise<Run> {
  const agents = options.agents?.map((agentId) => agentId.toLowerCase());
  const wrong = agents?.find((agentId) => !z.guid().safeParse(agentId).success);
  if (wrong !== undefined) throw new SyncError("INVALID_INPUT", `${JSON.stringify(wrong)} is no agent's id`);
  if (options.force !== undefined && options.force !== "bucket" && options.force !== "postgres")
    throw new SyncError("INVALID_INPUT", `force is ${JSON.stringify(options.force)}, which is no side`, {
      hint: 'Give "bucket" or "postgres", or leave it out.',
    });
  if (options.force !== undefined && options.repair !== true)
    throw new SyncError(
      "INVALID_INPUT",
      `force ${JSON.stringify(options.force)} decides what a repair does, and there is none`,
      {
        hint: "Give `repair: true` with it, or leave it out.",
      },
    );
  try {
    const { created, config } = await stores.link.manager.streams.info(stateStream);
    return {
      stores,
      options,
      agents,
      writer: ackedWriter(stores.link, stateStream, config.duplicate_window / 1_000_000),
      runId: nuid.next(),
      createdMs: Date.parse(created),
      startedAt: performance.now(),
      report: { keys: 0, rows: 0, differences: 0, unsettled: 0, open: 0, listed: [], byCause: {} },
    };
  } catch (error) {
    throw asSyncError(error, `open the bucket's stream ${stateStream}`);
  }
}

async function compareBucket(run: Run): Promise<void> {
  const { stores, options } = run;
  const { batchKeys: batch = 500, signal } = options;
  let suspects: LookedAt[] = [];
  for (const agentId of run.agents ?? [undefined]) {
    for await (const messages of walkBucket(stores.link, { agentId, headersOnly: false, batch, signal })) {
      const [keyed, keyless] = split(messages, options.stateKey);
      const judged = await look(stores.database, keyed, run.createdMs, signal);
      suspects.push(...judged.filter(({ judgement }) => judgement.is !== "level").map(withoutValue));
      await compareKeyless(run, keyless);
      run.report.keys += keyed.length + keyless.length;
      tell(run);
      if (suspects.length < mostSuspects) continue;
      await settle(run, suspects);
      suspects = [];
    }
  }
  await settle(run, suspects);
}

function split(messages: readonly WalkedMessage[], only: string | undefined): [LookedAt[], WalkedMessage[]] {
  const keyed: LookedAt[] = [];
  const keyless: WalkedMessage[] = [];
  for (const message of messages) {
    const key = readStateSubject(message.subject);
    if (typeof key !== "string") {
      if (only === undefined || key.stateKey === only) keyed.push({ key, subject: message.subject, message });
    } else if (only === undefined) keyless.push(message);
  }
  return [keyed, keyless];
}

function withoutValue({ key, subject }: Judged): LookedAt {
  return { key, subject, message: undefined };
}

/** What is under no key of an agent can only become a dead letter, and is none of the two sides' state. */
async function compareKeyless(run: Run, messages: readonly WalkedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const parked = await parkedOf(
    run.stores.database,
    messages.map(({ sequence }) => sequence),
  );
  const { flushed } = await readRowSide(run.stores.database, [], run.createdMs);
  for (const message of messages) {
    const found = {
      key: undefined,
      subject: message.subject,
      revision: message.sequence,
      version: undefined,
    };
    if (parked.has(message.sequence))
      note(run, { ...found, cause: "dead-letter", ahead: "bucket", repair: repairOf(run, "not-possible") });
    else if (isFlushed(message, flushed))
      note(run, { ...found, cause: "dropped", ahead: "postgres", repair: await forgotten(run, message) });
    else
      note(run, {
        ...found,
        cause: "not-flushed",
        ahead: "bucket",
        repair: repairOf(run, "left-to-flusher"),
      });
  }
}

/** Removes a message that is nobody's state, up to its own revision: a later one of its subject stays. */
async function forgotten(run: Run, message: WalkedMessage): Promise<RepairOutcome> {
  if (run.options.repair !== true) return "none";
  if ((await purgeMessage(run.stores.link, message)) > 0) return "mended";
  // It names keys of others, too; it leaves after them when they are evicted.
  return hasWildcard(message.subject) ? "not-possible" : "overtaken";
}

async function settle(run: Run, suspects: readonly LookedAt[]): Promise<void> {
  if (suspects.length === 0) return;
  const { stores, options, createdMs } = run;
  const { settleMs = 500, patienceMs = 10_000, signal } = options;
  const { different, unflushed, unsettled } = await confirm(stores, suspects, {
    createdMs,
    settleMs,
    // Nobody flushes: those that follow need not wait for it, too.
    patienceMs: run.report.byCause["not-flushed"] === undefined ? patienceMs : 2 * settleMs,
    signal,
  });
  run.report.unsettled += unsettled;
  for (const each of unflushed)
    noteJudged(run, each, "not-flushed", "bucket", repairOf(run, "left-to-flusher"));
  for (const each of different) {
    if (each.judgement.is !== "different") continue;
    const { cause, ahead } = await decided(stores, each, each.judgement);
    const repair = await repaired(run, each, cause, ahead);
    if (repair === "too-large") noteJudged(run, each, cause, ahead, "not-possible", rowTooLarge);
    else noteJudged(run, each, cause, ahead, repair);
  }
  tell(run);
}

const rowTooLarge =
  "the row is larger than a message may be (the server's max_payload): the bucket's older value was removed, and readers get the row from PostgreSQL";

type Decided = Pick<StateDifference, "cause" | "ahead">;

/** Of a row that is gone, or was, the events may know whether it was deleted. */
async function decided(stores: BothStores, judged: Judged, judgement: Decided): Promise<Decided> {
  if (judgement.cause !== "undecided") return judgement;
  if (judged.message?.isDelete === true) {
    const age = await ageOfRow(stores, judged);
    if (age === undefined) return judgement;
    return age === "since"
      ? { cause: "deleted-in-bucket", ahead: "postgres" }
      : { cause: "postgres-lost", ahead: "bucket" };
  }
  if (judged.row !== undefined) return judgement;
  const fate = await fateOfRow(stores.link, judged);
  if (fate === undefined) return judgement;
  return fate === "deleted"
    ? { cause: "deleted-in-postgres", ahead: "postgres" }
    : { cause: "postgres-lost", ahead: "bucket" };
}

async function repaired(
  run: Run,
  judged: Judged,
  cause: DifferenceCause,
  ahead: StateDifference["ahead"],
): Promise<RepairOutcome | "too-large"> {
  const { writer, runId, stores, options } = run;
  if (options.repair !== true) return "none";
  const winner = ahead === "neither" ? options.force : ahead;
  if (winner === "bucket" && (cause === "postgres-lost" || cause === "undecided"))
    return await restoreLostRow(stores.database, judged);
  if (winner !== "postgres") return "not-possible";
  return await mendKey({ ...stores, writer, runId, signal: options.signal }, judged);
}

async function compareRows(run: Run): Promise<void> {
  const { stores, options } = run;
  let after: StateKey | undefined;
  for (;;) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    const page = await checkRows(
      stores.database,
      { agents: run.agents, stateKey: options.stateKey, after },
      1_000,
    );
    for (const row of page.spoilt) await noteSpoilt(run, row);
    run.report.rows += page.count;
    tell(run);
    after = page.last;
    if (after === undefined) return;
  }
}

/** The bucket may still have the value that the checksum was made of. */
async function noteSpoilt(run: Run, row: SpoiltRow): Promise<void> {
  const { agentId, stateKey, version } = row;
  const subject = stateSubject({ agentId, stateKey });
  const message = await readBucket(run.stores.link, subject, { fromLeader: true });
  const isOriginal = message !== undefined && !message.isDelete && hasDigest(message.data, row.checksum);
  let repair: RepairOutcome = "none";
  if (run.options.repair === true && !isOriginal) repair = "not-possible";
  if (run.options.repair === true && isOriginal) {
    const text = Buffer.from(message.data).toString();
    repair = (await restoreRow(run.stores.database, row, text)) ? "mended" : "overtaken";
  }
  note(run, {
    key: { agentId, stateKey },
    subject,
    cause: "checksum",
    ahead: isOriginal ? "bucket" : "neither",
    revision: message?.sequence,
    version,
    repair,
  });
}

/** What is missing at two looks: a row that was deleted in between has its event by then. */
async function listLost(run: Run): Promise<void> {
  const { stores, agents, createdMs, options } = run;
  const first = await lostNow();
  if (first.length === 0) return;
  await pause(
    options.settleMs ?? 500,
    undefined,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const again = await lostNow();
  const text = ({ key, version }: LostVersion) => `${key.agentId} ${key.stateKey} ${version}`;
  const seen = new Set(first.map(text));
  for (const lost of again.filter((each) => seen.has(text(each))))
    note(run, {
      key: lost.key,
      subject: stateSubject(lost.key),
      cause: "lost",
      ahead: "neither",
      revision: undefined,
      version: lost.rowVersion,
      repair: repairOf(run, "not-possible"),
    });

  async function lostNow(): Promise<readonly LostVersion[]> {
    const lost = await lostKeys(stores, agents, createdMs, options.signal);
    return lost.filter(({ key }) => options.stateKey === undefined || key.stateKey === options.stateKey);
  }
}

function repairOf({ options }: Run, outcome: RepairOutcome): RepairOutcome {
  return options.repair === true ? outcome : "none";
}

function noteJudged(
  run: Run,
  { key, subject, message, row }: Judged,
  cause: DifferenceCause,
  ahead: StateDifference["ahead"],
  repair: RepairOutcome,
  explanation = explain(cause),
): void {
  const found = { key, subject, cause, ahead, revision: message?.sequence, version: row?.version, repair };
  note(run, found, explanation);
}

function note(
  run: Run,
  found: Omit<StateDifference, "explanation">,
  explanation = explain(found.cause),
): void {
  const { report, options } = run;
  const difference = { ...found, explanation };
  report.differences += 1;
  if (found.repair !== "mended") report.open += 1;
  report.byCause[found.cause] = (report.byCause[found.cause] ?? 0) + 1;
  if (report.listed.length < (options.maxListed ?? 10_000)) report.listed.push(difference);
  tellListener(options.onDifference, difference);
}

function tell({ report, options }: Run): void {
  tellListener(options.onProgress, { keys: report.keys, rows: report.rows, differences: report.differences });
}
