import type { Statement } from "@mister-smith/client";
import type { z } from "zod";
import type { Metric } from "../metrics/metric.ts";

/** What is asked for, and the metrics that the answer gives. */
export interface Asked {
  readonly name: string;
  /** What it asks for, in one sentence without a full stop. */
  readonly asks: string;
  /** How often it is worth asking, in milliseconds. */
  readonly intervalMs: number;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Metrics that not every row has a value for: there, NULL is none, and not one that is hidden. */
  readonly sparse?: readonly string[];
  /** Whether a row says that the role may not see some of it. */
  readonly hides?: (row: CollectedRow) => boolean;
}

/** One question to the server. */
export interface Collector extends Asked {
  /** What a role needs to see all of it. */
  readonly needs: "nothing" | "pg_monitor";
  /**
   * The statement for a server of this version, as `server_version_num` has it; null where such a server cannot tell. Its
   * columns have the names of the metrics' keys and of their labels; NULL is what is not visible.
   */
  readonly statement: (server: ServerFacts) => Statement<z.ZodType<CollectedRow>> | null;
  /** What is measured beside the server, by what it answered; null where that cannot be. Default: the answer itself. */
  readonly beside?: (answer: readonly CollectedRow[]) => Promise<readonly CollectedRow[] | null>;
}

/** What decides how a server is asked. */
export interface ServerFacts {
  /** As `server_version_num`: 150020. */
  readonly version: number;
  readonly inRecovery: boolean;
  /** The schema of pg_stat_statements; null where it is not there, or not loaded. */
  readonly statementsSchema: string | null;
  /** The schema of pgstattuple; null where it is not there, or this role may not use it. */
  readonly tupleSchema: string | null;
  /** Whether the schema of Mister Smith is there. */
  readonly hasOurSchema: boolean;
  /** Whether its functions that estimate bloat are there. */
  readonly hasBloat: boolean;
  /** How much may be read of tables, and as much of indexes, to know bloat exactly, in bytes. */
  readonly exactBytes: number;
}

/** A row of an answer: labels as text, values as what the driver makes of numbers. */
export type CollectedRow = Readonly<Record<string, string | number | bigint | boolean | null>>;
