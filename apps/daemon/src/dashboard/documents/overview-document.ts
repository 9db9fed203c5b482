import { z } from "zod";

const level = z.enum(["ok", "warning", "critical", "unknown"]);
const moment = z.iso.datetime();
const amount = z.number().nullable();

const store = z.strictObject({
  name: z.string(),
  level,
  word: z.string(),
  why: z.string().nullable(),
  /** How long it took to answer, in milliseconds. */
  answersInMs: amount,
  version: z.string().nullable(),
  address: z.string().nullable(),
});

/** The document `overview`: how this daemon, both stores and what is between them are. */
export const overviewDocument = z.strictObject({
  at: moment,
  level,
  /** The state in a few words. */
  headline: z.string(),
  /** What is not as it should be, in sentences. */
  why: z.array(z.string()),
  daemon: z.strictObject({
    version: z.string(),
    holder: z.string(),
    startedAt: moment,
    ready: z.boolean(),
  }),
  postgres: store.extend({
    startedAt: moment.nullable(),
    databaseBytes: amount,
    connections: amount,
    connectionLimit: amount,
    transactionsPerSecond: amount,
  }),
  jetstream: store.extend({
    keys: amount,
    messages: amount,
    bytes: amount,
    /** Whether the bucket of state is there; null: not known. */
    hasBucket: z.boolean().nullable(),
  }),
  pipes: z.array(
    z.strictObject({
      role: z.string(),
      title: z.string(),
      /** What comes through it. */
      things: z.string(),
      from: z.enum(["jetstream", "postgres"]),
      level,
      word: z.string(),
      why: z.string().nullable(),
      /** Null: nobody leads it, or it is not known who does. */
      leader: z.string().nullable(),
      leadsHere: z.boolean(),
      waiting: amount,
      lagSeconds: amount,
      perSecond: amount,
    }),
  ),
  deadLetters: z.array(z.strictObject({ pipe: z.string(), count: z.number() })).nullable(),
  roles: z.array(
    z.strictObject({
      role: z.string(),
      level,
      word: z.string(),
      why: z.string().nullable(),
      leader: z.string().nullable(),
      leadsHere: z.boolean(),
    }),
  ),
  alerts: z.strictObject({ firing: z.int(), pending: z.int(), critical: z.int() }).nullable(),
  queue: z
    .strictObject({
      ready: z.number(),
      running: z.number(),
      delayed: z.number(),
      dead: z.number(),
      oldestReadySeconds: z.number(),
      types: z.array(
        z.strictObject({
          type: z.string(),
          ready: z.number(),
          running: z.number(),
          delayed: z.number(),
          dead: z.number(),
          oldestReadySeconds: z.number(),
        }),
      ),
    })
    .nullable(),
  /** Whether what PostgreSQL says of itself was measured, and by whom. */
  measuredBy: z.enum(["this smithd", "this page", "nobody"]),
});

/** What the document `overview` says. */
export type OverviewDocument = z.output<typeof overviewDocument>;
