import type { JsonValue } from "../json-value.ts";
import type { Owner, TableName } from "./tables.ts";

/**
 * A row by its columns, as recorded: text is not escaped yet, times are ISO 8601 in UTC with milliseconds.
 * A column that is missing is NULL; `null` is JSON's null, in a `jsonb` column.
 */
export type Row = Readonly<Record<string, JsonValue>>;

/** One thing that is done to the database. */
export type Write =
  | { readonly kind: "insert"; readonly table: TableName; readonly row: Row }
  /** Sets columns of the row that `row` holds the key of. */
  | { readonly kind: "update"; readonly table: TableName; readonly key: Row; readonly set: Row }
  /** Inserts the state, or replaces it and raises its version; `row.version` is what comes of it. */
  | { readonly kind: "put-state"; readonly row: Row };

/** What one event of the run does, in order. */
export interface Beat {
  /** The number of the step, for the rate and for messages; undefined when the event is no step. */
  readonly step: number | undefined;
  readonly writes: readonly Write[];
}

/** How the state of a run's agents is written: in the run's own transaction, or through JetStream after it. */
export type StatesWay = "sql" | "jetstream";

/** A run as it will be lived once: every id and every time is settled. */
export interface Plan {
  readonly run: string;
  /** Which copy of the run, from 1. */
  readonly copy: number;
  readonly file: string;
  readonly digest: string;
  /** Names the plan across processes: the same run, copy and label have the same key and the same ids. */
  readonly key: string;
  /** When the run's first event is placed. */
  readonly startsAt: Date;
  readonly owners: Readonly<Record<Owner, readonly string[]>>;
  /** Which way the agents' state goes. Of state that went through JetStream the version and the time are the flusher's. */
  readonly states: StatesWay;
  /**
   * In order. The last one says that the run was lived to its end; where state goes through JetStream, the one before
   * says that all but the state is there.
   */
  readonly beats: readonly Beat[];
}
