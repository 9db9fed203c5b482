import { describe, expect, it } from "vitest";
import { asDatabaseError } from "./database-error.ts";

const refusal = Object.assign(
  new Error('new row for relation "active" violates check constraint "future_expiry"'),
  {
    code: "23514",
    schema: "sessions",
    table: "active",
    constraint: "future_expiry",
    detail: "Failing row contains (sha256:secret).",
  },
);

describe("an error of the server", () => {
  it("keeps the names of what refused, and no value of the row", () => {
    const error = asDatabaseError(refusal, "write");
    expect(error.details).toEqual({
      errorClass: "constraint",
      sqlState: "23514",
      schema: "sessions",
      table: "active",
      constraint: "future_expiry",
    });
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  it("gives the server's own hint before any other", () => {
    const full = Object.assign(new Error("disk full"), { code: "53100" });
    expect(asDatabaseError(full, "write").hint).toContain("disk");
    const hinted = Object.assign(new Error("no"), { code: "53100", hint: "Add a disk." });
    expect(asDatabaseError(hinted, "write").hint).toBe("Add a disk.");
  });
});
