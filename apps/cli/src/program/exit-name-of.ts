import { DatabaseError, isSmithError } from "@mister-smith/errors";
import type { ExitName } from "../exit-codes.ts";

/** The exit code of each error code that does not simply mean: failed. */
const byCode: Readonly<Record<string, ExitName>> = {
  USAGE: "usage",
  CONFIG: "usage",
  NO_DATABASE_URL: "usage",
  NO_NATS_URL: "usage",
  NO_PRIMARY: "unreachable",
  CIRCUIT_OPEN: "unreachable",
  NATS_UNREACHABLE: "unreachable",
  INVALID_INPUT: "usage",
  NOT_FOUND: "not-found",
  SERVER_NOT_FOUND: "incomplete",
  INTERRUPTED: "interrupted",
  MIGRATION_USAGE: "usage",
  MIGRATION_PENDING: "pending",
  MIGRATION_CHANGED: "changed",
  MIGRATION_MISSING: "changed",
  MIGRATION_RENAMED: "changed",
  MIGRATION_OUT_OF_ORDER: "changed",
  MIGRATION_DUPLICATE_VERSION: "changed",
  MIGRATION_DATABASE_NEWER: "changed",
  MIGRATION_CONNECT: "unreachable",
  MIGRATION_CANCELLED: "interrupted",
};

/** Which exit code an error ends the tool with. What is no {@link SmithError} is a fault of ours. */
export function exitNameOf(error: unknown): ExitName {
  if (!isSmithError(error)) return "internal";
  if (error instanceof DatabaseError && isOutOfReach(error)) return "unreachable";
  return byCode[error.code] ?? "failed";
}

function isOutOfReach(error: DatabaseError): boolean {
  return error.errorClass === "connection" || error.errorClass === "unavailable";
}
