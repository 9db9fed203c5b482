import { clusters, createTestDatabase, type TestTemplate } from "@mister-smith/testkit";
import pg from "pg";
import { describe, expect, it } from "vitest";

const connected = async (url: string, applicationName = "testkit test") => {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  client.on("error", () => {});
  await client.connect();
  return client;
};

const valuesIn = async (url: string) => {
  const client = await connected(url);
  const { rows } = await client.query("SELECT v FROM t ORDER BY v");
  await client.end();
  return rows.map((row: { v: number }) => row.v);
};

describe.each(clusters())("a test database on PostgreSQL $major", (cluster) => {
  let prepared = 0;
  const template: TestTemplate = {
    name: "kit",
    prepare: async (url) => {
      prepared += 1;
      const client = await connected(url);
      await client.query("CREATE TABLE t (v int); INSERT INTO t VALUES (1)");
      await client.end();
    },
  };

  it("is a copy of the template, which is prepared once even when many ask at once", async () => {
    const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase({ cluster, template })));
    const [first, second] = databases;
    const client = await connected(first?.url ?? "");
    await client.query("INSERT INTO t VALUES (2)");
    await client.end();
    expect(await valuesIn(first?.url ?? "")).toEqual([1, 2]);
    expect(await valuesIn(second?.url ?? "")).toEqual([1]);
    expect(prepared).toBe(1);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it("is gone after its drop, which may be called twice", async () => {
    const database = await createTestDatabase({ cluster });
    await database.drop();
    await database.drop();
    await expect(connected(database.url)).rejects.toMatchObject({ code: "3D000" });
  });

  it("fails its drop and names the culprit when a connection was left open", async () => {
    const database = await createTestDatabase({ cluster });
    const leak = await connected(database.url, "leaky pool");
    await expect(database.drop()).rejects.toMatchObject({
      code: "TEST_DATABASE_IN_USE",
      details: { applicationNames: ["leaky pool"] },
    });
    await leak.end().catch(() => {});
  });

  it("runs on the server whose version it says", async () => {
    const client = await connected(cluster.url);
    const { rows } = await client.query("SHOW server_version_num");
    await client.end();
    expect(Math.floor(Number(rows[0].server_version_num) / 10_000)).toBe(cluster.major);
  });
});
