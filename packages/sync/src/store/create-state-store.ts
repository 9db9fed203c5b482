import { nuid } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { type StateKey, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type Ack, ackedWriter } from "./acked-writer.ts";
import { isLive } from "./bucket-message.ts";
import { beginCall, type Call } from "./call.ts";
import { checkConcurrency, checkRevision, checkStrategy, checkWriting } from "./check-options.ts";
import { checkedSubject, expiryOf, type ValueLimits, valueBytes } from "./check-write.ts";
import { durableWaits } from "./durable-waits.ts";
import { inFlight } from "./in-flight.ts";
import { keysOf } from "./keys-of.ts";
import { refuseLosingBucket } from "./refuse-losing-bucket.ts";
import type { CallOptions, PutOptions, StateWrite, StoredState, WrittenState } from "./state-entry.ts";
import { stateReads } from "./state-reads.ts";
import type { StateStore } from "./state-store.ts";
import type { StateStoreOptions } from "./state-store-options.ts";
import { type CheckedWrite, stateWrites } from "./state-writes.ts";
import { storedState } from "./stored-state.ts";
import { valueRoom } from "./value-room.ts";
import { watchState } from "./watch-state.ts";
import { messageIdOf, type StateOperation } from "./write-headers.ts";

const mebibyte = 1_048_576;
/** What a server leaves of its largest message to headers and subject. */
const headerRoom = 1_024;
const defaultConcurrency = 256;

/**
 * Opens the state of agents.
 *
 * @throws SyncError `TOPOLOGY` when there is no bucket, or one that would lose acknowledged writes: with an age limit,
 *   without acknowledgements …; `NATS_UNREACHABLE`
 */
export async function createStateStore(options: StateStoreOptions): Promise<StateStore> {
  const { link, database, timeoutMs = 5_000, durableTimeoutMs = 30_000 } = options;
  const { maxValueBytes = mebibyte, schemas = {}, maxMergeAttempts = 20 } = options;
  const stream = await lookAtStream(link);
  const writer = ackedWriter(link, stateStream, stream.duplicateWindowMs);
  const waits =
    database === undefined ? undefined : durableWaits({ database, link, createdMs: stream.createdMs });
  const maxPayload = link.connection.info?.max_payload ?? mebibyte;
  const limits: ValueLimits = { maxValueBytes: Math.min(maxValueBytes, maxPayload - headerRoom), schemas };
  const runId = nuid.next();
  let count = 0;
  let closed = false;
  const nextId = () => `${runId}.${(count++).toString(36)}`;
  const reads = stateReads(link, writer, database, nextId);
  const writes = stateWrites(link, writer, reads, limits, maxMergeAttempts);

  return {
    async get(agentId, stateKey, getting) {
      return await get({ agentId, stateKey }, callOf(getting), getting?.fromLeader === true);
    },
    async getMany(keys, getting = {}) {
      const { concurrency = defaultConcurrency, fromLeader = false } = getting;
      const call = callOf(getting);
      const most = checkConcurrency(concurrency);
      return await inFlight(keys, most, (key) => get(key, call, fromLeader), valueRoom(link));
    },
    put: (agentId, stateKey, value, putting = {}) =>
      put({ agentId, stateKey }, value, putting as PutOptions<unknown>),
    async putMany(many, writing = {}) {
      const { concurrency = defaultConcurrency, ...rest } = writing;
      const most = checkConcurrency(concurrency);
      const prepared = many.map((each) => {
        const { agentId, stateKey, value, ...putting }: StateWrite<unknown> = each;
        return prepare({ agentId, stateKey }, value, { ...rest, ...putting } as PutOptions<unknown>);
      });
      return await inFlight(prepared, most, ({ write, run }) => finish(write, run()));
    },
    async delete(agentId, stateKey, deleting = {}) {
      const write = check("delete", { agentId, stateKey }, deleting);
      const { expectedRevision } = deleting;
      if (expectedRevision !== undefined) checkRevision(expectedRevision);
      const done =
        expectedRevision === undefined
          ? writes.over(write, undefined)
          : writes.overRevision(write, undefined, expectedRevision);
      return await finish(write, done);
    },
    compareAndSet: (agentId, stateKey, expectedRevision, value, setting) =>
      put({ agentId, stateKey }, value, { ...setting, onConflict: { expectedRevision } }),
    watch: (watching) => watchState(link, watching),
    async keys(agentId, asking) {
      return await keysOf({ link, database }, agentId, callOf(asking));
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  function close(): Promise<void> {
    closed = true;
    writer.close();
    waits?.close();
    return Promise.resolve();
  }

  function callOf(given: CallOptions | undefined, otherwiseMs = timeoutMs): Call {
    if (!closed) return beginCall(given, otherwiseMs);
    throw new SyncError("CLOSED", "the store is closed", { details: { outcome: "not written" } });
  }

  async function get(key: StateKey, call: Call, fromLeader: boolean): Promise<StoredState | undefined> {
    const message = await reads.current(key, checkedSubject(key), call, fromLeader);
    return message !== undefined && isLive(message) ? storedState(key, message, limits) : undefined;
  }

  async function put(key: StateKey, value: unknown, putting: PutOptions<unknown>): Promise<WrittenState> {
    const { write, run } = prepare(key, value, putting);
    return await finish(write, run());
  }

  function prepare(
    key: StateKey,
    value: unknown,
    putting: PutOptions<unknown>,
  ): { readonly write: CheckedWrite; readonly run: () => Promise<Ack> } {
    checkWriting(putting);
    const { onConflict = "last-write-wins" } = putting;
    checkStrategy(onConflict);
    const write = check("put", key, putting);
    if (typeof onConflict === "function")
      return { write, run: () => writes.merged(write, value, onConflict) };
    const data = valueBytes(key.stateKey, value, limits);
    if (onConflict === "last-write-wins") return { write, run: () => writes.over(write, data) };
    const { expectedRevision } = onConflict;
    return { write, run: () => writes.overRevision(write, data, expectedRevision) };
  }

  function check(
    operation: StateOperation,
    key: StateKey,
    writing: Omit<PutOptions, "onConflict">,
  ): CheckedWrite {
    checkWriting(writing);
    const durable = writing.durability === "durable";
    if (durable && waits === undefined)
      throw new SyncError("INVALID_INPUT", "a durable write needs a store with a database", {
        hint: "Give createStateStore the database, or write with the durability `stored`.",
      });
    const { deadline, signal } = callOf(writing, durable ? durableTimeoutMs : timeoutMs);
    const subject = checkedSubject(key);
    const writeId = writing.writeId ?? nextId();
    return {
      deadline,
      signal,
      key,
      subject,
      writeId,
      messageId: messageIdOf(operation, subject, writeId),
      mayBeRepeated: writing.writeId !== undefined,
      expiresAt: expiryOf(writing),
      durable,
      life: waits?.life ?? 0,
    };
  }

  async function finish(write: CheckedWrite, written: Promise<Ack>): Promise<WrittenState> {
    const { sequence } = await written;
    const { deadline, signal, durable, writeId, life, subject, messageId } = write;
    if (durable) await waits?.wait({ sequence, life, deadline, signal, subject, messageId });
    return { revision: sequence, writeId, durability: durable ? "durable" : "stored" };
  }
}

async function lookAtStream(
  link: NatsLink,
): Promise<{ readonly createdMs: number; readonly duplicateWindowMs: number }> {
  try {
    const { created, config } = await link.manager.streams.info(stateStream);
    refuseLosingBucket(config);
    return { createdMs: Date.parse(created), duplicateWindowMs: config.duplicate_window / 1_000_000 };
  } catch (error) {
    throw asSyncError(error, `open the bucket's stream ${stateStream}`);
  }
}
