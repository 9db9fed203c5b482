import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** What one daemon may do; one of all daemons on a database does each. */
export const daemonRoles = [
  "flush",
  "relay",
  "hydrate",
  "evict",
  "reap",
  "partitions",
  "tasks",
  "monitor",
] as const;

/** The name of what a daemon may do. */
export type DaemonRole = (typeof daemonRoles)[number];

/** How `smithd` runs. */
export const daemonConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe(
      "The address on which smithd serves its page, /healthz, /readyz and /metrics; any but a loopback one needs a token.",
    ),
  port: wholeNumber(0, 65_535).default(9_465).describe("Its port; 0 takes a free one."),
  token: z
    .string("a text")
    .min(16, "16 characters or more")
    .max(512, "512 characters at most")
    .regex(/^[\x21-\x7e]+$/, "ASCII without spaces")
    .optional()
    .meta({ secret: true })
    .describe(
      "Who asks smithd for its page or metrics gives this, as `Authorization: Bearer …`; only from the environment. Default: nobody is asked.",
    ),
  allowedHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+$/i, "names of hosts, without ports"))
    .default([])
    .describe(
      "By which names, besides those of the loopback and daemon.host, smithd may be asked: a browser that was told another name for it is refused.",
    ),
  roles: z
    .array(z.enum(daemonRoles, { error: `one of ${daemonRoles.join(", ")}` }))
    .min(1, "at least one role")
    .default([...daemonRoles])
    .describe("What this daemon may do; of all daemons on a database one does each."),
  connections: wholeNumber(4, 1_000)
    .default(16)
    .describe(
      "How many connections to PostgreSQL smithd opens at most; fewer where the role that it signs in as may have fewer.",
    ),
  leaseTtlMs: wholeNumber(500, 600_000)
    .default(5_000)
    .describe("After how long without a sign of life another daemon takes a role, in milliseconds."),
  stuckAfterMs: wholeNumber(500, 3_600_000)
    .default(30_000)
    .describe(
      "Without progress for so long while something waits, smithd is not ready any more, in milliseconds.",
    ),
  drainTimeoutMs: wholeNumber(0, 600_000)
    .default(20_000)
    .describe("How long what has begun may take to come to its end after SIGTERM, in milliseconds."),
  reapIntervalMs: wholeNumber(1_000, 86_400_000)
    .default(60_000)
    .describe("How often expired sessions, state and messages are cleared away, in milliseconds."),
  partitionsIntervalMs: wholeNumber(1_000, 86_400_000)
    .default(3_600_000)
    .describe("How often partitions are created ahead and dropped, in milliseconds."),
  monitorIntervalMs: wholeNumber(1_000, 3_600_000)
    .default(15_000)
    .describe("How often PostgreSQL is measured for /metrics, in milliseconds."),
  keepAlertsMs: wholeNumber(60_000, 315_360_000_000)
    .default(7_776_000_000)
    .describe("How long what became of alerts is kept after it was told, in milliseconds."),
  plansIntervalMs: wholeNumber(1_000, 86_400_000)
    .default(300_000)
    .describe(
      "How often the plans of the statements that took the most time since are captured, in milliseconds.",
    ),
  keepPlansMs: wholeNumber(60_000, 315_360_000_000)
    .default(2_592_000_000)
    .describe("How long a plan is kept after it was last seen, in milliseconds."),
  tasksIntervalMs: wholeNumber(100, 86_400_000)
    .default(1_000)
    .describe("How often schedules that are due and leases that ran out are looked for, in milliseconds."),
  events: z
    .boolean("true or false")
    .default(true)
    .describe(
      "Whether smithd has the database tell what changes, by switching its event triggers on at start.",
    ),
  verify: z
    .boolean("true or false")
    .default(true)
    .describe(
      "Whether smithd compares both stores after each hydration, at its start too, and mends what differs.",
    ),
  keepEventsMs: wholeNumber(0, 31_536_000_000)
    .default(604_800_000)
    .describe(
      "How long published events are kept, for replays and consistent restores, in milliseconds; whole days are dropped.",
    ),
  keepDeadLettersMs: wholeNumber(0, 31_536_000_000)
    .default(2_592_000_000)
    .describe(
      "How long dead letters are kept after they were retried, in milliseconds; those that were not wait for a person, however long.",
    ),
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace"])
    .default("info")
    .describe("What smithd writes to its log, one JSON object a line."),
});
