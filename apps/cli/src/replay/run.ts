import type { RunEvent } from "./format/run-event.ts";
import type { JsonObject } from "./json-value.ts";

/** A recorded run, read and checked: what is replayed, whichever format it came in. */
export interface Run {
  /** Names the run; the same id stands for the same run in the database. */
  readonly id: string;
  readonly title: string | undefined;
  /** ISO 8601; undefined when the recording does not know. */
  readonly startedAt: string | undefined;
  /** Where the recording comes from, as it says itself. */
  readonly source: JsonObject;
  /** The file, as it was named on the command line. */
  readonly file: string;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string;
  /** In the order in which they happened. */
  readonly events: readonly RunEvent[];
}
