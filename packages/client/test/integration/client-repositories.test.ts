import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

describe.each(clusters())("a transaction on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  it("asks on the connection that it holds", async () => {
    const { db } = database();
    const pid = sql.type(z.object({ pid: z.int() }))`SELECT pg_backend_pid() AS pid`;
    const pids = await db.transaction(async (tx) => [await tx.oneFirst(pid), await tx.read.oneFirst(pid)]);
    expect(pids[0]).toBe(pids[1]);
  });
});
