import { describe, expect, it } from "vitest";
import { commonInput } from "./common-options.ts";

describe("the name of the table that records what was applied", () => {
  it.each(["schema_migrations", "app.migrations", "Größe.t"])("may be %s", (name) => {
    expect(commonInput.table.safeParse(name).success).toBe(true);
  });

  it.each(["a.b.c", '"Weird Sch".t', "two words", ".t", "s.", ""])("is refused when it is %j", (name) => {
    expect(commonInput.table.safeParse(name).success).toBe(false);
  });
});
