import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useExternalCluster } from "../../src/external-cluster.ts";

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres({ durability: "fast" });
});
afterAll(() => server.stop());

async function names(): Promise<string[]> {
  const client = new pg.Client({ connectionString: server.url, application_name: "testkit test" });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname LIKE 'smith%'",
  );
  await client.end();
  return rows.map((row) => row.datname).sort();
}

async function create(name: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url, application_name: "testkit test" });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
}

describe("a server that somebody else runs", () => {
  it("is swept of the databases of dead runs; those of living runs and of strangers stay", async () => {
    const living = await useExternalCluster(server.url, "living");
    for (const name of ["smith_test_living_a", "smith_test_dead_a", "smith_test_dead_b", "smith_other"])
      await create(name);
    const mine = await useExternalCluster(server.url, "mine");
    expect(mine.cluster).toEqual({ major: server.version.major, url: server.url });
    expect(await names()).toEqual(["smith_other", "smith_test_living_a"]);

    await create("smith_test_mine_a");
    await mine.release();
    expect(await names()).toEqual(["smith_other", "smith_test_living_a"]);
    await living.release();
    expect(await names()).toEqual(["smith_other"]);
  });
});
