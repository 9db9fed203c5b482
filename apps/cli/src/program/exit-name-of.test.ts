import { asDatabaseError, SmithError } from "@mister-smith/errors";
import { MigrationError, type MigrationErrorCode, migrationExitCode } from "@mister-smith/schema";
import { describe, expect, it } from "vitest";
import { exitCodes } from "../exit-codes.ts";
import { exitNameOf } from "./exit-name-of.ts";

const driverError = (code: string) => Object.assign(new Error("boom"), { code });

describe("the exit code of an error", () => {
  it.each([
    [new SmithError("ANYTHING", "x"), "failed"],
    [new SmithError("USAGE", "x"), "usage"],
    [new SmithError("CONFIG", "x"), "usage"],
    [new SmithError("SERVER_NOT_FOUND", "x"), "incomplete"],
    [new SmithError("NOT_FOUND", "x"), "not-found"],
    [asDatabaseError(driverError("ECONNREFUSED"), "look"), "unreachable"],
    [asDatabaseError(driverError("57P03"), "look"), "unreachable"],
    [asDatabaseError(driverError("42501"), "look"), "failed"],
    [new TypeError("x is not a function"), "internal"],
    ["thrown text", "internal"],
  ])("%s is %s", (error, name) => {
    expect(exitNameOf(error)).toBe(name);
  });

  it("agrees with the migrator's own about every code, but for what this table tells apart from failing", () => {
    const codes: readonly MigrationErrorCode[] = [
      "MIGRATION_CHANGED",
      "MIGRATION_MISSING",
      "MIGRATION_RENAMED",
      "MIGRATION_OUT_OF_ORDER",
      "MIGRATION_DUPLICATE_VERSION",
      "MIGRATION_DATABASE_NEWER",
      "MIGRATION_PENDING",
      "MIGRATION_USAGE",
      "MIGRATION_FAILED",
      "MIGRATION_DATA_LOSS",
      "MIGRATION_LOCKED",
    ];
    for (const code of codes) {
      const error = new MigrationError(code, "x");
      expect(exitCodes[exitNameOf(error)].code, code).toBe(migrationExitCode(error));
    }
    expect(exitNameOf(new MigrationError("MIGRATION_CONNECT", "x"))).toBe("unreachable");
    expect(exitNameOf(new MigrationError("MIGRATION_CANCELLED", "x"))).toBe("interrupted");
  });
});
