import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector as pgvector } from "@electric-sql/pglite-pgvector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { knowledgeEmbeddingsRow } from "../../src/rows/index.ts";
import { migrationsFolder } from "../support/apply-migrations.ts";
import { fixtures } from "../support/constraint-cases.ts";
import { conformance, embed, fill, nearest, vector } from "../support/embeddings.ts";

// PGlite is PostgreSQL 18 compiled to WebAssembly, in this process, with one connection, and it carries pgvector.
// It stands in for a server with the extension: the types, the conversion and the index are pgvector's own. What
// needs several connections, or the extension's behaviour under load, is not tried here.
describe("embeddings with pgvector", () => {
  let database: PGlite;

  const migrate = async (file: string) => {
    await database.exec(`BEGIN; ${await readFile(join(migrationsFolder, file), "utf8")}\n; COMMIT`);
  };
  const value = async (sql: string) => {
    const { rows } = await database.query(sql, [], { rowMode: "array" });
    return z.array(z.array(z.unknown())).parse(rows)[0]?.[0];
  };
  const type = () =>
    value(
      "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'knowledge.embeddings'::REGCLASS AND attname = 'embedding_vector'",
    );
  const stored = () =>
    value(
      "SELECT json_agg(json_build_array(text_content, embedding_vector::REAL[]) ORDER BY text_content) FROM knowledge.embeddings",
    );

  beforeAll(async () => {
    database = await PGlite.create({ extensions: { vector: pgvector } });
    const files = await readdir(migrationsFolder);
    for (const file of files.filter((name) => name.endsWith(".up.sql")).sort()) await migrate(file);
    await database.exec(fixtures);
    await fill(database);
  });
  afterAll(async () => {
    await database?.close();
  });

  it("are of pgvector's type from the migration on, with an HNSW index", async () => {
    expect(await type()).toBe("vector(1536)");
    expect(
      await value("SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_knowledge_embeddings_vector'"),
    ).toMatch(/USING hnsw \(embedding_vector vector_cosine_ops\)/);
  });

  it.each(conformance)("are searched for %s", async (_, { query, ...options }, found) => {
    expect(await nearest(database, query, options)).toEqual(found);
  });

  it("are found by way of the index", async () => {
    await database.exec("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off");
    const { rows } = await database.query(
      "EXPLAIN (COSTS OFF) SELECT FROM knowledge.embeddings ORDER BY embedding_vector <=> array_fill(1::REAL, ARRAY[1536])::vector LIMIT 1",
      [],
      { rowMode: "array" },
    );
    await database.exec("ROLLBACK");
    expect(JSON.stringify(rows)).toContain("idx_knowledge_embeddings_vector");
  });

  it("are found among many nearer ones of another model", async () => {
    await database.exec(
      "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off",
    );
    for (let nearer = 0; nearer < 80; nearer++) {
      await embed(database, `crowd ${nearer}`, vector(10, 0.2 + nearer / 10_000), "crowd");
    }
    expect(await nearest(database, vector(10, 0.2), { limit: 4 })).toHaveLength(4);
    await database.exec("ROLLBACK");
  });

  it("refuse what is not 1536 finite numbers", async () => {
    await expect(embed(database, "short", [1, 2, 3])).rejects.toMatchObject({ code: "22000" });
    await expect(embed(database, "odd", [...vector(1, 0).slice(1), Number.NaN])).rejects.toMatchObject({
      code: "22000",
    });
  });

  it("are read by the row schema as arrays of numbers", async () => {
    const { rows } = await database.query("SELECT * FROM knowledge.embeddings WHERE text_content = 'near'");
    expect(z.array(knowledgeEmbeddingsRow).parse(rows)[0]?.embedding_vector?.slice(9, 13)).toEqual([
      0, 1, 0.28, 0,
    ]);
  });

  it("are converted to arrays and back without loss, and the extension comes and goes with them", async () => {
    const before = await stored();
    const extensions = () => value("SELECT count(*)::INTEGER FROM pg_extension WHERE extname = 'vector'");
    expect(await value("SELECT knowledge.disable_vectors()")).toBe("disabled");
    expect([await type(), await extensions()]).toEqual(["real[]", 0]);
    expect(await stored()).toEqual(before);
    expect(await nearest(database, vector(10, 0.2), { limit: 1 })).toEqual([["long", 0]]);
    expect(await value("SELECT knowledge.disable_vectors()")).toBe("already disabled");

    expect(await value("SELECT knowledge.enable_vectors()")).toBe("enabled");
    expect([await type(), await extensions()]).toEqual(["vector(1536)", 1]);
    expect(await stored()).toEqual(before);
    expect(await value("SELECT knowledge.enable_vectors()")).toBe("already enabled");
  });

  it("leave an extension alone that someone else brought or uses", async () => {
    await database.exec("CREATE TABLE public.theirs (v vector(3))");
    expect(await value("SELECT knowledge.disable_vectors()")).toBe("disabled");
    expect(await value("SELECT count(*)::INTEGER FROM pg_extension WHERE extname = 'vector'")).toBe(1);
    await database.exec("COMMENT ON EXTENSION vector IS 'theirs'; DROP TABLE public.theirs");
    expect(await value("SELECT knowledge.enable_vectors()")).toBe("enabled");
    expect(await value("SELECT knowledge.disable_vectors()")).toBe("disabled");
    expect(await value("SELECT count(*)::INTEGER FROM pg_extension WHERE extname = 'vector'")).toBe(1);
    await database.exec("DROP EXTENSION vector");
    expect(await value("SELECT knowledge.enable_vectors()")).toBe("enabled");
  });

  it("go with the migration's down, and the extension that it brought", async () => {
    const files = await readdir(migrationsFolder);
    for (const file of files
      .filter((name) => name.endsWith(".down.sql") && name > "00017")
      .sort()
      .reverse()) {
      await migrate(file);
    }
    expect(await value("SELECT to_regclass('knowledge.embeddings')")).toBe(null);
    expect(await value("SELECT count(*)::INTEGER FROM pg_extension WHERE extname = 'vector'")).toBe(0);
  });
});
