import { describe, expect, it } from "vitest";
import { atDatabase } from "./at-database.ts";

describe("the same server with another database", () => {
  it.each([
    ["postgres://u:p@host:5433/one?sslmode=require", "postgres://u:p@host:5433/two?sslmode=require"],
    ["postgresql://host", "postgresql://host/two"],
    ["postgres:///one?host=/tmp", "postgres:///two?host=/tmp"],
  ])("%s", (connectionString, expected) => {
    expect(atDatabase({ connectionString }, "two")).toEqual({ connectionString: expected });
  });

  it("keeps the settings of a client", () => {
    expect(atDatabase({ host: "h", database: "one" }, "two")).toEqual({ host: "h", database: "two" });
  });

  it("refuses what is no URL before anything is created", () => {
    expect(() => atDatabase({ connectionString: "/tmp one" }, "two")).toThrow(
      expect.objectContaining({ code: "MIGRATION_USAGE" }),
    );
  });
});
