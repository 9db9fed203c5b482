import type { CatalogDifference } from "../catalog/compare-catalogs.ts";
import type { TableFill } from "./rows/fill-tables.ts";
import type { LostRows } from "./rows/row-counts.ts";

/** Which step of a file's verification went wrong. */
export type VerifyStep =
  /** the first up */
  | "up"
  /** there is no down file */
  | "missing-down"
  /** down, with empty tables */
  | "down"
  /** up for the second time */
  | "up-again"
  /** down, with rows in the tables */
  | "down-with-rows"
  /** up, with rows in the tables that the file did not make */
  | "up-with-rows";

/** What went wrong with a file. */
export interface VerifyFault {
  readonly step: VerifyStep;
  readonly message: string;
  readonly hint: string;
  /**
   * What is not as it was: by the catalogue, or as "unchanged rows" of a table and "position" of a sequence. Empty
   * when the step failed or lost rows.
   */
  readonly differences: readonly CatalogDifference[];
  /** Tables that lost rows though the file did not drop them. */
  readonly lostRows: readonly LostRows[];
  /** The error that the step ended with, as {@link SmithError.toJSON} gives it; null when it ran through. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

/** How the verification of one migration came out. */
export interface FileVerification {
  readonly version: number;
  readonly name: string;
  /** The up file's name. */
  readonly file: string;
  readonly ok: boolean;
  readonly faults: readonly VerifyFault[];
  readonly durationMs: number;
}

/** All up and all down. */
export interface WholeWay {
  /** `skipped` when a file is at fault already. */
  readonly outcome: "ok" | "failed" | "skipped";
  readonly message: string;
  readonly differences: readonly CatalogDifference[];
}

/** What {@link verifyMigrations} found. */
export interface VerifyResult {
  readonly ok: boolean;
  readonly folder: string;
  /** As `server_version_num`: 180001. */
  readonly serverVersion: number;
  /** In order. A file behind one whose up fails is not in the list. */
  readonly files: readonly FileVerification[];
  /** Files that could not be verified, since an up before them fails. */
  readonly notReached: readonly string[];
  readonly wholeWay: WholeWay;
  /** Which tables were given rows, and why the others were not. */
  readonly tables: readonly TableFill[];
  /**
   * What is worth knowing beside: rows that an up overwrites for good or a down leaves, statements that change
   * the whole cluster, and roles that the files created and that stay, for they belong to the cluster.
   */
  readonly notes: readonly string[];
  readonly durationMs: number;
}

/** Told while verifying: after each file. */
export interface FileVerifiedEvent {
  readonly type: "file-verified";
  readonly file: string;
  /** From 1. */
  readonly position: number;
  readonly total: number;
  readonly ok: boolean;
  readonly durationMs: number;
}
