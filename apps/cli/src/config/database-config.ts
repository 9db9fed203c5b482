import { databaseOptions } from "@mister-smith/client";
import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

// Whatever the client takes is described and checked there; here is only how an operator gives it.
const { primary, replica, background, analytics, replicaLag } = databaseOptions.shape;
const whereAndWho = {
  url: true,
  addresses: true,
  database: true,
  user: true,
  password: true,
  ssl: true,
} as const;

/** How the tool reaches PostgreSQL: the primary, and the servers of the other pools where there are any. */
export const databaseConfig = z.strictObject({
  url: primary.shape.url
    .meta({ variables: ["SMITH_DATABASE_URL", "DATABASE_URL"], flag: "databaseUrl", secret: true })
    .describe("PostgreSQL to work against. Default: the embedded one when it runs."),
  addresses: primary.shape.addresses.describe(
    "Servers that may each become the primary, in place of the one in the URL; the port is 5432 when it is left out.",
  ),
  connectTimeoutMs: wholeNumber(100, 600_000)
    .default(5000)
    .describe("How long a connection may take to open, in milliseconds."),
  statementTimeoutMs: wholeNumber(0, 86_400_000)
    .default(60_000)
    .describe("How long one statement of the tool may run, in milliseconds; 0 is without limit."),
  replica: replica.unwrap().pick(whereAndWho).optional(),
  background: background.unwrap().pick(whereAndWho).optional(),
  analytics: analytics.unwrap().pick(whereAndWho).optional(),
  replicaLag: replicaLag.unwrap().pick({ maxLagMs: true, maxLagBytes: true }).prefault({}),
});
