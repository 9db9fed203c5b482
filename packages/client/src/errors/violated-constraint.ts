import { DatabaseError } from "@mister-smith/errors";

/** The constraint that refused a row, and its table. */
export interface ViolatedConstraint {
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  /** Which key, for unique and foreign keys; it names values, so only where those are no secret it is to be shown. */
  readonly detail: string | undefined;
}

/** Which constraint an error is about, as the server named it; null for every other error. */
export function violatedConstraint(error: unknown): ViolatedConstraint | null {
  if (!(error instanceof DatabaseError) || error.errorClass !== "constraint") return null;
  return {
    constraint: field(error.cause, "constraint"),
    table: tableOf(error.cause),
    detail: field(error.cause, "detail"),
  };
}

function tableOf(cause: unknown): string | undefined {
  const table = field(cause, "table");
  const schema = field(cause, "schema");
  return table === undefined || schema === undefined ? table : `${schema}.${table}`;
}

function field(cause: unknown, name: "constraint" | "table" | "schema" | "detail"): string | undefined {
  if (typeof cause !== "object" || cause === null || !(name in cause)) return undefined;
  const value = (cause as Record<typeof name, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}
