import type { Database, Transaction } from "@mister-smith/client";
import { DatabaseError, isRefusalOfValues } from "@mister-smith/errors";
import { SyncError } from "../errors/sync-error.ts";
import { type FlushedRow, parkWrites, writeBatch, writeLostRows } from "./flush-statements.ts";
import type { ParkedWrite } from "./parked-write.ts";
import { type BatchPlan, type PlannedWrite, planBatch } from "./plan-batch.ts";
import type { Position } from "./position.ts";
import type { ReadMessage } from "./read-message.ts";

/** A batch of messages, and where it stands. */
export interface Batch {
  readonly stream: string;
  readonly messages: readonly ReadMessage[];
  /** The stored position, after which the messages come. */
  readonly from: Position;
  /** Of the lease under which it is written. */
  readonly epoch: number;
  /** How long one transaction may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends it before its time; it may have been committed then, or not. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a batch. */
export interface AppliedBatch {
  readonly position: Position;
  /** Keys that were written or deleted. */
  readonly keys: number;
  readonly parked: readonly ParkedWrite[];
}

/** How often a batch is tried again at once when nothing in it is what was refused. */
const attemptsInVain = 3;

/**
 * Brings a batch to PostgreSQL and moves the position, all in one transaction. What PostgreSQL refuses is found and put
 * aside; the rest is written, with what came before it under the same key.
 *
 * @throws SyncError `LEASE_LOST` when the position is not where it was: somebody else flushes, and nothing was written
 * @throws DatabaseError, ClientError when the database is away; after `OUTCOME_UNKNOWN` the position tells
 */
export async function applyBatch(database: Database, batch: Batch): Promise<AppliedBatch> {
  const refused = new Map<number, ParkedWrite>();
  for (let inVain = 0; ; ) {
    const accepted = batch.messages.filter(({ sequence }) => !refused.has(sequence));
    const plan = planBatch(accepted);
    try {
      return await write(database, batch, plan, [...refused.values()]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const found = await findRefused(database, batch, plan.writes);
      // In parts all of them are taken: what refused them, such as an agent that was just removed, has passed, or soon will.
      if (found.length === 0) inVain += 1;
      if (inVain >= attemptsInVain) throw error;
      for (const write of found) refused.set(write.message.sequence, write);
    }
  }
}

async function write(
  database: Database,
  batch: Batch,
  plan: BatchPlan,
  refused: readonly ParkedWrite[],
): Promise<AppliedBatch> {
  const { from, stream, epoch, timeoutMs, signal } = batch;
  const position = positionAfter(batch);
  return await database.transaction(
    async (tx) => {
      const { moved, unknown_agents } = await writeAll(tx, plan.writes, from, position, epoch);
      if (!moved) throw positionMoved(from);
      const unknown = ofUnknownAgents(plan.writes, unknown_agents);
      const parked = [...plan.parked, ...refused, ...unknown.flatMap(unregistered)];
      if (parked.length > 0) await tx.query(parkWrites(parked, stream, from.incarnation));
      return { position, keys: plan.writes.length - unknown.length, parked };
    },
    { timeoutMs, ...(signal === undefined ? {} : { signal }) },
  );
}

async function writeAll(
  tx: Transaction,
  writes: readonly PlannedWrite[],
  from: Position,
  to: Position,
  epoch: number,
): Promise<FlushedRow> {
  const lost = writes.filter(({ row }) => row !== undefined);
  const others = lost.length === 0 ? writes : writes.filter(({ row }) => row === undefined);
  const flushed = await tx.one(writeBatch(others, from, to, epoch));
  if (lost.length > 0) await tx.query(writeLostRows(lost));
  return flushed;
}

function positionAfter({ from, messages }: Batch): Position {
  const last = messages.at(-1);
  return last === undefined ? from : { ...from, sequence: last.sequence, anchorMs: last.storedAtMs };
}

function ofUnknownAgents(writes: readonly PlannedWrite[], agents: readonly string[]): PlannedWrite[] {
  if (agents.length === 0) return [];
  const unknown = new Set(agents);
  // What PostgreSQL had once is still in the bucket, as it was there.
  return writes.filter(
    ({ agentId, value, row }) => value !== null && row === undefined && unknown.has(agentId),
  );
}

/** The write and those that it supersedes: nothing of them is in PostgreSQL. A delete has nothing to be brought there. */
function unregistered(last: PlannedWrite): ParkedWrite[] {
  const parked: ParkedWrite[] = [];
  for (let write: PlannedWrite | undefined = last; write !== undefined; write = write.before)
    if (write.value !== null)
      parked.push({
        message: write.message,
        reasonCode: "unknown-agent",
        reason: `the agent ${write.agentId} is not registered`,
      });
  return parked.reverse();
}

/** Tries the writes by halves, and takes back what it tried. */
async function findRefused(
  database: Database,
  batch: Batch,
  writes: readonly PlannedWrite[],
): Promise<ParkedWrite[]> {
  const refusal = await tryWrites(database, batch, writes);
  if (refusal === undefined) return [];
  const [only] = writes;
  if (only !== undefined && writes.length === 1)
    return [{ message: only.message, reasonCode: "refused", reason: refusal.message }];
  const half = Math.ceil(writes.length / 2);
  const first = await findRefused(database, batch, writes.slice(0, half));
  return [...first, ...(await findRefused(database, batch, writes.slice(half)))];
}

class TakenBack extends Error {}

async function tryWrites(
  database: Database,
  { from, epoch, timeoutMs, signal }: Batch,
  writes: readonly PlannedWrite[],
): Promise<Error | undefined> {
  try {
    await database.transaction(
      async (tx) => {
        await writeAll(tx, writes, from, from, epoch);
        throw new TakenBack();
      },
      { timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
  } catch (error) {
    if (error instanceof TakenBack) return undefined;
    if (isRefusal(error)) return error;
    throw error;
  }
  return undefined;
}

function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && isRefusalOfValues(error.cause);
}

function positionMoved({ incarnation, sequence }: Position): SyncError {
  return new SyncError(
    "LEASE_LOST",
    `the position is not ${incarnation}/${sequence} any more: somebody else flushes`,
    {
      retryable: true,
      details: { incarnation, sequence },
    },
  );
}
