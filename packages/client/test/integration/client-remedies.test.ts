import { randomUUID } from "node:crypto";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase } from "../../src/index.ts";
import { schemaTemplate, useClientDatabase } from "../support/client-database.ts";
import { any, number } from "../support/server-pools.ts";

/** Longer than any test may take: whoever waits for all of it is not told in time. */
const forEver = 2_000_000_000;

describe.each(clusters())("what is wrong, with what to do, on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let empty: TestDatabase | undefined;
  let readOnly: TestDatabase | undefined;
  beforeAll(async () => {
    empty = await createTestDatabase({ cluster });
    readOnly = await createTestDatabase({ cluster, template: schemaTemplate });
  });
  afterAll(async () => {
    await empty?.drop();
    await readOnly?.drop();
  });

  const changed = (parts: Partial<Pick<URL, "pathname" | "username">>): string =>
    Object.assign(new URL(database().url), parts).href;

  /** The URL of a database whose transactions only read. */
  async function readingOnly(): Promise<string> {
    await using db = await createDatabase({ primary: { url: readOnly?.url ?? "", min: 0 } });
    await db.write.query(any`
      DO $do$
      BEGIN
        EXECUTE pg_catalog.format(
          'ALTER DATABASE %I SET default_transaction_read_only = on', pg_catalog.current_database()
        );
      END
      $do$`);
    return readOnly?.url ?? "";
  }

  it.each<[string, () => object, RegExp, RegExp]>([
    [
      "database does not exist",
      () => ({ url: changed({ pathname: "/smith_none_such" }) }),
      /smith_none_such/,
      /Create the database/,
    ],
    ["role does not exist", () => ({ url: changed({ username: "smith_nobody" }) }), /smith_nobody/, /user/],
    ["server has no TLS", () => ({ url: database().url, ssl: true }), /SSL/, /sslmode=disable/],
  ])("is told at once when the %s: nothing else would come of waiting", async (_, options, what, remedy) => {
    await using db = await createDatabase({
      primary: { url: database().url, min: 0, acquireTimeoutMs: forEver, ...options() },
    });
    const refusal = {
      code: "NO_PRIMARY",
      message: expect.stringMatching(/refuses the connection/),
      hint: expect.stringMatching(remedy),
      retryable: false,
    };
    await expect(db.write.any(number`SELECT 1 AS value`)).rejects.toMatchObject(refusal);
    await expect(db.read.any(number`SELECT 1 AS value`)).rejects.toMatchObject(refusal);
    await expect(db.ready()).rejects.toThrow(what);
    expect((await db.health()).pools[0]?.why).toMatch(/refuses the connection/);
  });

  it("is told of a database without our migrations", async () => {
    await using db = await createDatabase({ primary: { url: empty?.url ?? "", min: 0 } });
    const unmigrated = { errorClass: "missing-object", hint: expect.stringContaining("smith migrate up") };
    await expect(db.tasks.enqueue({ taskType: "t" })).rejects.toMatchObject(unmigrated);
    await expect(db.agents.register({ agentType: "t", agentName: "n" })).rejects.toMatchObject(unmigrated);
  });

  it("is told of a write where everything is set to read only, by the write and by the health", async () => {
    await using db = await createDatabase({ primary: { url: await readingOnly(), min: 0 } });
    await expect(db.tasks.enqueue({ taskType: "t" })).rejects.toMatchObject({
      errorClass: "read-only",
      hint: expect.stringContaining("default_transaction_read_only"),
    });
    expect(await db.read.oneFirst(number`SELECT 1 AS value`)).toBe(1);
    const [primary] = (await db.health()).pools;
    expect(primary?.why).toContain("default_transaction_read_only is on");
  });

  it("is told of the task that names an agent that does not exist, in a transaction and outside", async () => {
    const assignedAgentId = randomUUID();
    const tasks = [{ taskType: "t" }, { taskType: "t", assignedAgentId }];
    const refusal = {
      code: "NOT_FOUND",
      message: `the tasks to enqueue: [1].assignedAgentId: agent ${assignedAgentId} does not exist`,
      hint: "Register the agent first.",
    };
    const { db } = database();
    await expect(db.tasks.enqueueMany(tasks)).rejects.toMatchObject(refusal);
    await expect(db.transaction((tx) => tx.tasks.enqueueMany(tasks))).rejects.toMatchObject(refusal);
  });

  it("is told of rows that would be sent by COPY, before anything is done", async () => {
    const { write } = database().db;
    await write.query(any`CREATE TABLE copied (id INT)`);
    const copies = [
      any`COPY (SELECT 1) TO STDOUT`,
      any`/* all */ copy (INSERT INTO copied VALUES (1) RETURNING id) to stdout WITH (FORMAT csv)`,
    ];
    for (const copy of copies)
      await expect(write.query(copy)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        hint: expect.stringContaining("Select"),
      });
    expect(await write.oneFirst(number`SELECT count(*) AS value FROM copied`)).toBe(0);
  });

  it("is told of a delay before a retry that is longer than the server makes one", async () => {
    const { tasks } = database().db;
    for (const retry of [{ delayMs: 1e12 + 1 }, { maxDelayMs: 1e12 + 1 }])
      await expect(tasks.enqueue({ taskType: "t", retry })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        hint: expect.stringContaining("at most 1000000000000"),
      });
    await tasks.enqueue({ taskType: "t", retry: { delayMs: 1e12, maxDelayMs: 1e12 } });
  });
});
