import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, type Database, type DatabaseEvents, sql } from "../../src/index.ts";

const numbers = sql.type(z.object({ n: z.int() }))`SELECT n FROM generate_series(1, 1000) AS n`;
const failing = sql.type(
  z.object({ n: z.int() }),
)`SELECT 1 / (900 - n) AS n FROM generate_series(1, 1000) AS n`;

describe.each(clusters())("the event of a stream from PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let db: Database;
  const calls: DatabaseEvents["call"][] = [];
  beforeEach(async () => {
    database = await createTestDatabase({ cluster });
    db = await createDatabase({ primary: { url: database.url, min: 0 } });
    calls.length = 0;
    db.on("call", (call) => calls.push(call));
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });

  it("comes when its last row was read, not its first", async () => {
    let rows = 0;
    for await (const _ of db.write.stream(numbers)) {
      rows += 1;
      expect(calls).toEqual([]);
    }
    expect(rows).toBe(1000);
    expect(calls).toEqual([
      expect.objectContaining({ kind: "stream", pool: "primary", attempts: 1, error: undefined }),
    ]);
  });

  it("has the error that came after rows", async () => {
    let rows = 0;
    const read = async () => {
      for await (const _ of db.write.stream(failing)) rows += 1;
    };
    await expect(read()).rejects.toMatchObject({ sqlState: "22012" });
    expect(rows).toBeGreaterThan(0);
    expect(calls).toEqual([
      expect.objectContaining({ kind: "stream", error: expect.objectContaining({ sqlState: "22012" }) }),
    ]);
  });

  it("comes without error when the reader leaves early", async () => {
    for await (const { n } of db.write.stream(numbers)) if (n === 3) break;
    expect(calls).toEqual([expect.objectContaining({ kind: "stream", error: undefined })]);
  });
});
