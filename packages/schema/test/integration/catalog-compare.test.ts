import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, compareCatalogs, describeDifference, readCatalog } from "../../src/index.ts";
import { changes, groundwork } from "../support/catalog-changes.ts";

describe.each(clusters())("the catalogue of a database on PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let client: pg.Client;
  let before: Catalog;

  beforeAll(async () => {
    database = await createTestDatabase({ cluster });
    client = new pg.Client({ connectionString: database.url, application_name: "catalog test" });
    await client.connect();
    await client.query(groundwork);
    before = await readCatalog(client);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const linesNow = async (options = {}) =>
    compareCatalogs(before, await readCatalog(client, options)).map(describeDifference);

  it.each(changes)("shows %s", async (statement, expected) => {
    await client.query("BEGIN");
    try {
      await client.query(statement);
      expect(await linesNow()).toContainEqual(expect.stringContaining(expected));
    } finally {
      await client.query("ROLLBACK");
    }
  });

  it("is the same again when every change is rolled back", async () => {
    expect(await linesNow()).toEqual([]);
  });

  it("is the same for tables that were dropped and made again, under other OIDs", async () => {
    await client.query("BEGIN; DROP SCHEMA w CASCADE; DROP PUBLICATION catalog_pub");
    await client.query(groundwork);
    expect(await linesNow()).toEqual([]);
    await client.query("ROLLBACK");
  });

  it("does not count the gap that a dropped column leaves", async () => {
    await client.query("BEGIN; ALTER TABLE w.t ADD COLUMN gap text; ALTER TABLE w.t DROP COLUMN gap");
    expect(await linesNow()).toEqual([]);
    await client.query("ROLLBACK");
  });

  it("does not mind that a right was given and taken back", async () => {
    await client.query("BEGIN; GRANT SELECT ON w.t TO pg_monitor; REVOKE SELECT ON w.t FROM pg_monitor");
    expect(await linesNow()).toEqual([]);
    await client.query("ROLLBACK");
  });

  it("leaves out the schemas and tables that it is told to, with all they have", async () => {
    const catalog = await readCatalog(client, { ignoreSchemas: ["w"] });
    expect(catalog.filter(({ name }) => name.startsWith("w."))).toEqual([]);
    await client.query(
      "BEGIN; CREATE TABLE w.extra (id bigserial PRIMARY KEY); COMMENT ON TABLE w.extra IS 'x'",
    );
    expect(await linesNow({ ignoreTables: ["w.extra"] })).toEqual([]);
    await client.query("ROLLBACK");
  });

  it("leaves the session's search_path as it was", async () => {
    await client.query("SET search_path = w, public");
    await readCatalog(client);
    const { rows } = await client.query("SHOW search_path");
    expect(rows).toEqual([{ search_path: "w, public" }]);
    await client.query("RESET search_path");
  });

  it("is the same with a plan that the session keeps, also when a file has taken that away", async () => {
    const whole = await readCatalog(client);
    for (const between of ["SELECT 1", "SELECT 1", "DEALLOCATE ALL", "DISCARD ALL"]) {
      expect(await readCatalog(client, { keepPlan: true })).toEqual(whole);
      await client.query(between);
    }
    await readCatalog(client, { keepPlan: true });
    await client.query("BEGIN; CREATE TABLE w.extra (id bigint)");
    const tables = async (keepPlan: boolean) =>
      (await readCatalog(client, { keepPlan })).filter(({ name }) => name.startsWith("w.extra"));
    expect(await tables(true)).toHaveLength(2);
    expect(await tables(true)).toEqual(await tables(false));
    await client.query("ROLLBACK; DEALLOCATE ALL");
  });
});
