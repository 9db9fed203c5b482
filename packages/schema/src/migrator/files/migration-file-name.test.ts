import { describe, expect, it } from "vitest";
import { migrationChecksum } from "./migration-checksum.ts";
import { formatMigrationFileName, parseMigrationFileName } from "./migration-file-name.ts";

describe("the name of a migration file", () => {
  it.each([
    ["00001_initial_schema.up.sql", { version: 1, name: "initial_schema", direction: "up" }],
    ["20261123084500_x.down.sql", { version: 20_261_123_084_500, name: "x", direction: "down" }],
    ["100000_six-digits.up.sql", { version: 100_000, name: "six-digits", direction: "up" }],
  ])("%s", (fileName, expected) => {
    expect(parseMigrationFileName(fileName)).toEqual(expected);
    expect(formatMigrationFileName(parseMigrationFileName(fileName))).toBe(fileName);
  });

  it.each([
    "00000_zero.up.sql",
    "1.up.sql",
    "x_1.up.sql",
    "00001_x.sql",
    "00001_x.UP.SQL",
    "00001 x.up.sql",
    "9999999999999999_x.up.sql",
    "00001_x.up.sql.sql",
  ])("refuses %s", (fileName) => {
    expect(() => parseMigrationFileName(fileName)).toThrow(
      expect.objectContaining({ code: "MIGRATION_BAD_NAME" }),
    );
  });
});

describe("the checksum of a migration", () => {
  const plain = migrationChecksum("SELECT 1;\nSELECT 2;\n");

  it.each([
    ["CRLF", "SELECT 1;\r\nSELECT 2;\r\n"],
    ["CR", "SELECT 1;\rSELECT 2;\r"],
    ["a byte-order mark", "\uFEFFSELECT 1;\nSELECT 2;\n"],
  ])("does not mind %s", (_what, text) => {
    expect(migrationChecksum(text)).toBe(plain);
  });

  it.each([["SELECT 1;\nSELECT 2;"], ["SELECT 1;\n SELECT 2;\n"]])("minds any other change: %j", (text) => {
    expect(migrationChecksum(text)).not.toBe(plain);
  });
});
