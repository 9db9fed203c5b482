import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/constraint-cases.ts";
import { conformance, fill, nearest, vector } from "../support/embeddings.ts";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

describe.each(clusters())("embeddings without pgvector on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  beforeAll(async () => {
    await client().query(fixtures);
    // The test is of a server that lacks pgvector; one that has it begins with the conversion back.
    await client().query("SELECT knowledge.disable_vectors()");
    await fill(client());
  });

  it.each(conformance)("are searched for %s", async (_, { query, ...options }, found) => {
    expect(await nearest(client(), query, options)).toEqual(found);
  });

  it("put a vector without a direction last", async () => {
    await client().query("BEGIN");
    await client().query(`
      INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, embedding_vector)
      SELECT fact_id, 'small', '1', 'nowhere', array_fill(0::REAL, ARRAY[1536]) FROM knowledge.facts`);
    expect((await nearest(client(), vector(10, 0.2))).at(-1)?.[0]).toBe("nowhere");
    await client().query("ROLLBACK");
  });

  it.each([
    ["a query with too few numbers", "SELECT knowledge.search_embeddings('{1,2,3}', 'small')"],
    ["no query", "SELECT knowledge.search_embeddings(NULL, 'small')"],
    ["a limit of zero", "SELECT knowledge.search_embeddings(array_fill(1::REAL, ARRAY[1536]), 'small', 0)"],
  ])("refuse %s", async (_, sql) => {
    expect(await refusalOf(client().query(sql))).toMatchObject({ code: "22023" });
  });

  it("say why they cannot be converted where the extension is missing", async () => {
    if (await value(client(), "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'vector'"))
      return;
    expect(await value(client(), "SELECT knowledge.enable_vectors()")).toBe(
      "pgvector is not installed on this server",
    );
    expect(await value(client(), "SELECT knowledge.vectors_enabled()")).toBe(false);
  });
});
