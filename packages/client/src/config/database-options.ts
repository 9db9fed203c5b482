import { z } from "zod";
import { limitOptions } from "./limit-options.ts";
import { serverOptions } from "./server-options.ts";
import { wholeNumber } from "./whole-number.ts";

const longestMs = 2_147_483_647;
const anObject = "an object of options";

/** What the server keeps as it is: it cuts a longer `application_name`, and writes other characters differently. */
const connectionName = (most: number) => {
  const allowed = `text of 1 to ${most} printable ASCII characters`;
  return z
    .string(allowed)
    .max(most, allowed)
    .regex(/^[ -~]+$/, allowed);
};

const poolOptions = {
  ...serverOptions,
  ...limitOptions,
  applicationName: connectionName(63)
    .optional()
    .describe("What the server calls the pool's connections. Default: the prefix and the pool's name."),
  transactionPooling: z
    .boolean("true or false")
    .optional()
    .describe(
      "PgBouncer or its like stands between, in transaction mode: nothing is kept in sessions. What a statement's text " +
        "shows to set the session is refused; what DO, CALL, a function of your own or a trigger sets is not seen and " +
        "reaches others: let PgBouncer run `server_reset_query` with `server_reset_query_always`. Default: that of " +
        "the primary for a pool on its servers, else false.",
    ),
};

/** Every option of `createDatabase`. */
export const databaseOptions = z.strictObject(
  {
    primary: z
      .strictObject(poolOptions, anObject)
      .describe("For what writes. Several addresses: whichever of them takes writes."),
    replica: z
      .strictObject(poolOptions, anObject)
      .optional()
      .describe("For reads; any number of servers. Default: reads go to the primary."),
    background: z
      .strictObject(poolOptions, anObject)
      .optional()
      .describe("For maintenance. Default: connections of its own to the primary."),
    analytics: z
      .strictObject(
        {
          ...poolOptions,
          asTheyAre: z
            .boolean("true or false")
            .default(false)
            .describe(
              "Its servers are asked whatever they are, primary or replica, and however far behind, also where they are those of " +
                "another pool: for who looks at a server itself.",
            ),
        },
        anObject,
      )
      .optional()
      .describe("For reports. Default: connections of its own to the replicas, else to the primary."),
    applicationNamePrefix: connectionName(40)
      .default("smith")
      .describe("Begins each pool's `application_name`: smith/primary."),
    preparedStatements: z
      .boolean("true or false")
      .default(true)
      .describe("Whether the server keeps the plans of statements that come again."),
    sessionReset: z
      .enum(["needed", "always"], '"needed" or "always"')
      .default("needed")
      .describe(
        "When a connection's session is reset before the next user gets it: after statements whose text shows that " +
          "they may have left something, or after each use. The text does not show what is set by a trigger, a view, " +
          "a column's default, a check, a policy, an operator, a cast, a function that is called like a column, or " +
          "one of your own with the name of a built-in one or of one of ours, nor that an INSERT moved `lastval()`: say always when " +
          "such code sets what outlives its transaction. What no reset takes away (LOAD, dblink_connect, " +
          "pg_replication_origin_session_setup, pg_backup_start, temporary replication slots) costs its connection, " +
          "where the text shows it.",
      ),
    retry: z
      .strictObject(
        {
          retries: wholeNumber(0, 100).default(3).describe("How often something is tried again."),
          initialDelayMs: wholeNumber(1, longestMs)
            .default(100)
            .describe("The pause before the first retry."),
          maxDelayMs: wholeNumber(1, longestMs).default(10_000).describe("The longest pause."),
          base: z
            .number("a number from 1 to 10")
            .min(1, "a number from 1 to 10")
            .max(10, "a number from 1 to 10")
            .default(2)
            .describe("By how much each pause is longer than the one before."),
        },
        anObject,
      )
      .prefault({})
      .describe("How often and when what may safely run again does so."),
    circuitBreaker: z
      .strictObject(
        {
          failureThreshold: wholeNumber(1, 1_000_000)
            .default(5)
            .describe("Opens after so many failures in a row."),
          recoveryTimeoutMs: wholeNumber(1, longestMs)
            .default(30_000)
            .describe("When trial calls are let through, in milliseconds."),
          halfOpenCalls: wholeNumber(1, 1_000).default(3).describe("So many trial calls; all must succeed."),
        },
        anObject,
      )
      .prefault({})
      .describe("When a server that fails is left alone."),
    replicaLag: z
      .strictObject(
        {
          maxLagMs: wholeNumber(0, longestMs)
            .default(10_000)
            .describe("How old a read may be, in milliseconds."),
          maxLagBytes: wholeNumber(0, Number.MAX_SAFE_INTEGER)
            .default(64 * 1024 * 1024)
            .describe("How much of the write-ahead log a replica may still have to replay, in bytes."),
          readYourWritesMs: wholeNumber(0, longestMs)
            .default(500)
            .describe(
              "How long a read waits for a replica to reach a write's token before it goes to the primary.",
            ),
        },
        anObject,
      )
      .prefault({})
      .describe("How far a replica that is read from may be behind."),
    monitor: z
      .strictObject(
        {
          intervalMs: wholeNumber(10, longestMs)
            .default(2_000)
            .describe("The pause between two probes of a server."),
          timeoutMs: wholeNumber(1, longestMs).default(3_000).describe("How long a probe may take."),
        },
        anObject,
      )
      .prefault({})
      .describe("How the servers are watched."),
  },
  anObject,
);

/** The options of `createDatabase`; all but the primary's address have a default. */
export type DatabaseOptions = z.input<typeof databaseOptions>;
