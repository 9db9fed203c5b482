import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { lastMessage } from "../project/last-message.ts";
import { cacheStream, stampOf, valueSubject } from "./generations.ts";
import { ensureGenerations, invalidator, readGenerations } from "./stored-generations.ts";

/** How a cache works. */
export interface QueryCacheOptions {
  readonly link: NatsLink;
  /** How old a value may be when the call does not say, in milliseconds. Default: 60000. */
  readonly ttlMs?: number | undefined;
  /** A longer value is not kept, in bytes of JSON. Default: 524288. */
  readonly maxValueBytes?: number | undefined;
  /** Hears of failures of the cache; the value is loaded all the same. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What is cached, and what it depends on. */
export interface ThroughOptions<Value extends z.ZodType> {
  /**
   * What the value is read from: it is good until an event with one of these tags is relayed. `agent:<id>`,
   * `state:<agent>:<key>`, `task:<id>`, `message:<id>`, `session:<id>`, `config:<agent>`, `heartbeat:<agent>`, or `kind:<kind>`
   * for all events of a kind. Tags of one's own are for {@link QueryCache.invalidate}.
   */
  readonly tags: readonly string[];
  /**
   * How old it may be, in milliseconds, counted from when its load began, by the clock of who loaded it. Others may have it for
   * so long, too, and never for longer than the bucket keeps it. This bounds what no event invalidates: where the relay is
   * away or behind, or events of that kind are off.
   */
  readonly ttlMs?: number | undefined;
  /** Reads the value from its JSON. Given both to what is loaded and to what was cached: the caller sees no difference. */
  readonly schema: Value;
}

/** Results of queries, shared by all processes. */
export interface QueryCache {
  /**
   * Gives the cached value of a key, else loads it and keeps it. Who asks for the same key at the same time waits for the
   * same load. A call that begins after an invalidation of one of its tags gets nothing that was loaded before it, and no call
   * gets what was loaded more than its `ttlMs` before it. When NATS is away, or has no bucket `QUERY_CACHE`, everything is
   * loaded.
   *
   * `load` must read from the primary: a replica may not have what the invalidation told of.
   */
  through<Value extends z.ZodType>(
    key: string,
    options: ThroughOptions<Value>,
    load: () => Promise<unknown>,
  ): Promise<z.output<Value>>;
  /**
   * Throws away all values with one of these tags, in every process.
   *
   * @throws SyncError `NATS_UNREACHABLE`
   */
  invalidate(tags: readonly string[]): Promise<void>;
  /** How often it had what was asked for, and how often not. */
  stats(): { readonly hits: number; readonly misses: number };
}

/** For how long a load that has ended may still be joined, by those who looked before its value was stored. */
const joinableMs = 250;

const cached = z.object({ stamp: z.string(), from: z.number(), until: z.number(), value: z.unknown() });

/** When a load began, and until when what it gave may be given, in milliseconds since 1970. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/** A load that is under way, or has just ended. */
interface Flight {
  readonly stamp: string | undefined;
  /** When it began, in milliseconds since 1970. */
  readonly from: number;
  readonly value: Promise<unknown>;
}

/** Makes a cache on the bucket `QUERY_CACHE`. */
export function createQueryCache(options: QueryCacheOptions): QueryCache {
  const { link, ttlMs: usualTtlMs = 60_000, maxValueBytes = 512 * 1024, onError } = options;
  const flights = new Map<string, Flight>();
  const invalidate = invalidator(link);
  let hits = 0;
  let misses = 0;

  return {
    async through(key, { tags, ttlMs = usualTtlMs, schema }, load) {
      if (!(ttlMs > 0)) throw new SyncError("INVALID_INPUT", `a value cannot be kept for ${ttlMs} ms`);
      const sorted = [...new Set(tags)].sort();
      const found = await look(key, sorted, ttlMs);
      const hit = found.hit === undefined ? undefined : schema.safeParse(found.hit.value);
      if (hit?.success === true) {
        hits += 1;
        return hit.data;
      }
      misses += 1;
      const name = JSON.stringify([key, sorted]);
      // What is stored does not meet the schema, and neither will that of which it came.
      if (hit !== undefined) flights.delete(name);
      const loaded = await joinOrLoad(name, key, sorted, ttlMs, found.stamp, load);
      return schema.parse(loaded);
    },
    invalidate: (tags) => invalidate(tags),
    stats: () => ({ hits, misses }),
  };

  async function look(key: string, tags: readonly string[], ttlMs: number) {
    try {
      const [message, known] = await Promise.all([
        lastMessage(link, { stream: cacheStream, subject: valueSubject(key) }),
        readGenerations(link),
      ]);
      // They must be there before the load begins: else an invalidation would find nothing to be done.
      const stamp = stampOf(known ?? (await ensureGenerations(link)), tags);
      if (message === undefined || message.data.length === 0) return { stamp, hit: undefined };
      const entry = cached.safeParse(JSON.parse(new TextDecoder().decode(message.data)));
      if (!entry.success) return { stamp, hit: undefined };
      const { from, until } = entry.data;
      const good = entry.data.stamp === stamp && Math.min(until, from + ttlMs) > Date.now();
      return { stamp, hit: good ? entry.data : undefined };
    } catch (error) {
      if (!(error instanceof SyncError && error.code === "TOPOLOGY")) tell(onError, error);
      return { stamp: undefined, hit: undefined };
    }
  }

  /** A load of the same stamp began after all invalidations that this caller must know of; it must not be too old, too. */
  function joinOrLoad(
    name: string,
    key: string,
    tags: readonly string[],
    ttlMs: number,
    stamp: string | undefined,
    load: () => Promise<unknown>,
  ): Promise<unknown> {
    const under = flights.get(name);
    const from = Date.now();
    if (under !== undefined && under.stamp === stamp && stamp !== undefined && from - under.from < ttlMs)
      return under.value;
    const value = loadAndKeep(key, tags, { from, until: from + ttlMs }, stamp, load);
    const flight = { stamp, from, value };
    flights.set(name, flight);
    const forget = () => {
      if (flights.get(name) === flight) flights.delete(name);
    };
    value.then(() => setTimeout(forget, Math.min(joinableMs, ttlMs)).unref(), forget);
    return value;
  }

  async function loadAndKeep(
    key: string,
    tags: readonly string[],
    span: Span,
    stamp: string | undefined,
    load: () => Promise<unknown>,
  ): Promise<unknown> {
    const value = toJson(await load());
    if (stamp !== undefined) await keep(key, tags, span, stamp, value);
    return JSON.parse(value);
  }

  /** Readers compare the stamp, too: this only saves what nobody would take. */
  async function keep(key: string, tags: readonly string[], span: Span, stamp: string, value: string) {
    const { from, until } = span;
    try {
      if (Buffer.byteLength(value) > maxValueBytes || until <= Date.now()) return;
      const now = await readGenerations(link);
      if (now === undefined || stampOf(now, tags) !== stamp) return;
      const entry = `{"stamp":${JSON.stringify(stamp)},"from":${from},"until":${until},"value":${value}}`;
      await link.js.publish(valueSubject(key), entry);
    } catch (error) {
      tell(onError, error);
    }
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (text !== undefined) return text;
  throw new SyncError("INVALID_INPUT", `what was loaded is no JSON: ${typeof value}`, {
    hint: "Return null where there is nothing.",
  });
}
