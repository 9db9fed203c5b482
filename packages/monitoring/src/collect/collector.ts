import type { Statement } from "@mister-smith/client";
import type { z } from "zod";
import type { Metric } from "../metrics/metric.ts";

/** One question to the server, and the metrics that its answer gives. */
export interface Collector {
  readonly name: string;
  /** What it asks for, in one sentence without a full stop. */
  readonly asks: string;
  /** What a role needs to see all of it. */
  readonly needs: "nothing" | "pg_monitor";
  /** How often it is worth asking, in milliseconds. */
  readonly intervalMs: number;
  /**
   * The statement for a server of this version, as `server_version_num` has it; null where such a server cannot tell. Its
   * columns have the names of the metrics' keys and of their labels; NULL is what is not visible.
   */
  readonly statement: (server: ServerFacts) => Statement<z.ZodType<CollectedRow>> | null;
  readonly metrics: Readonly<Record<string, Metric>>;
}

/** What decides how a server is asked. */
export interface ServerFacts {
  /** As `server_version_num`: 150020. */
  readonly version: number;
  readonly inRecovery: boolean;
  /** The schema of pg_stat_statements; null where it is not there, or not loaded. */
  readonly statementsSchema: string | null;
  /** Whether the schema of Mister Smith is there. */
  readonly hasOurSchema: boolean;
}

/** A row of an answer: labels as text, values as what the driver makes of numbers. */
export type CollectedRow = Readonly<Record<string, string | number | bigint | boolean | null>>;
