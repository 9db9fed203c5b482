import { MigrationError } from "../errors/migration-error.ts";
import type { DataLoss } from "./data-loss.ts";

/** A down migration would lose rows or values, and nobody has said that this is meant. */
export function dataLossError(file: string, losses: readonly DataLoss[]): MigrationError {
  const shown = losses.slice(0, 10).map(describeLoss).join(", ");
  const more = losses.length > 10 ? ` and ${losses.length - 10} more` : "";
  return new MigrationError("MIGRATION_DATA_LOSS", `${file} would lose rows or values: ${shown}${more}`, {
    hint: `Nothing of ${file} was changed. Save what is needed, and run the command again with --accept-data-loss.`,
    details: { file, losses },
  });
}

function describeLoss({ kind, what, rows, exact }: DataLoss): string {
  if (rows === null) return `the ${kind} ${what} with all it holds`;
  const number = rows.toLocaleString("en-US");
  const unit = kind === "column" ? "value" : "row";
  return `${what} (${exact ? "" : "about "}${number} ${unit}${rows === 1 ? "" : "s"})`;
}
