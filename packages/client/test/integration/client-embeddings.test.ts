import { clusters } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Executor, type Fact, type NewEmbedding, sql } from "../../src/index.ts";
import { knowledgeOf } from "../../src/knowledge/knowledge.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { someAgent, someFact } from "../support/knowledge.ts";
import { observed, repeating } from "../support/observed-executor.ts";
import { type PgvectorDatabase, pgvectorDatabase } from "../support/pgvector-database.ts";
import { embedding, model, vector } from "../support/vectors.ts";

const nobody = "00000000-0000-4000-8000-000000000000";

describe.each(clusters())("embeddings as arrays on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  conformance(() => database().db, false);
});

describe("embeddings with pgvector", () => {
  let database: PgvectorDatabase | undefined;
  beforeAll(async () => {
    database = await pgvectorDatabase();
  });
  afterAll(() => database?.close());
  conformance(() => {
    if (database === undefined) throw new Error("the database is there only while tests run");
    return database.on;
  }, true);

  it("are asked of the database's own search as long as it gives enough", async () => {
    const on = database?.on;
    if (on === undefined) throw new Error("the database is there only while tests run");
    const { embeddings, recordMany } = knowledgeOf(on);
    const facts = await recordMany(Array.from({ length: 60 }, () => someFact({ entityType: "index" })));
    const inModel = { embeddingModel: "index", embeddingVersion: "1" };
    await embeddings.addMany(
      facts.map(({ factId }, n) => embedding(factId, 3, { ...inModel, embeddingVector: vector(3, n / 100) })),
    );
    const search = { ...inModel, embeddingVector: vector(3), limit: 5 };

    const enough = observed(on);
    await knowledgeOf(enough.on).embeddings.search(search);
    expect(enough.statements.map(({ sql }) => sql.includes("search_embeddings"))).toEqual([false, true]);

    // The last of sixty: the first forty do not have it, the first four hundred do.
    const last = observed(on);
    const entityId = facts.at(-1)?.entityId ?? "";
    const found = await knowledgeOf(last.on).embeddings.search({ ...search, entityId, limit: 1 });
    expect(found.map((fact) => fact.entityId)).toEqual([entityId]);
    expect(last.statements.map(({ sql }) => sql.includes("search_embeddings"))).toEqual([false, true, true]);
  });
});

/** A vector of that length; a few of its numbers are much larger than the others. */
function scaled(length: number, wave: (position: number) => number): number[] {
  const numbers = vector(0).map((_, position) => wave(position) ** 9);
  return numbers.map((number) => (number * length) / Math.hypot(...numbers));
}

function distanceOf(one: readonly number[], other: readonly number[]): number {
  const product = one.reduce((sum, number, position) => sum + number * (other[position] ?? 0), 0);
  return 1 - product / Math.hypot(...one) / Math.hypot(...other);
}

/** What both ways to store embeddings must do. */
function conformance(executor: () => Executor, vectors: boolean) {
  const knowledge = () => knowledgeOf(executor());
  const fact = async (more?: Parameters<typeof someFact>[0]) => await knowledge().record(someFact(more));
  const ids = (found: readonly Fact[]) => found.map(({ factId }) => factId);
  /** A model that no other test uses, so that each finds its own alone. */
  let models = 0;
  const someModel = () => {
    models += 1;
    return { embeddingModel: `model ${models}`, embeddingVersion: "1" };
  };

  it("say how they are stored", async () => {
    expect(await knowledge().embeddings.vectorsEnabled()).toBe(vectors);
  });

  it("come back as they were given, to the precision of 32-bit floating point", async () => {
    const { factId } = await fact();
    const numbers = vector(7, 0.1)
      .with(0, -1e14)
      .with(1, 1e-40)
      .with(2, 1e-60)
      .with(3, 1 / 3);
    const added = await knowledge().embeddings.add(embedding(factId, 0, { embeddingVector: numbers }));
    expect(added).toMatchObject({ factId, ...model, textContent: "axis 0" });
    expect(added.contentHash).toMatch(/^[0-9a-f]{64}$/);
    const [stored, ...others] = await knowledge().embeddings.of(factId);
    expect(others).toEqual([]);
    expect(stored).toMatchObject(added);
    expect(stored?.embeddingVector?.map(Math.fround)).toEqual(numbers.map(Math.fround));
  });

  it("are as near as their directions, however long or short they are", async () => {
    const inModel = someModel();
    const lengths = [1.01e-15, 1e-8, 1, 1e8, 0.99e15];
    const vectors = lengths.flatMap((length) => [scaled(length, Math.sin), scaled(length, Math.cos)]);
    const facts = await knowledge().recordMany(vectors.map(() => someFact()));
    await knowledge().embeddings.addMany(
      vectors.map((embeddingVector, n) =>
        embedding(facts[n]?.factId ?? "", 0, { ...inModel, embeddingVector, textContent: `${n}` }),
      ),
    );
    for (const embeddingVector of vectors) {
      const found = await knowledge().embeddings.search({ ...inModel, embeddingVector, limit: 10 });
      expect(found).toHaveLength(vectors.length);
      for (const { textContent, distance } of found)
        expect(distance).toBeCloseTo(distanceOf(embeddingVector, vectors[Number(textContent)] ?? []), 5);
    }
  });

  it("may be given as a Float32Array", async () => {
    const { factId } = await fact();
    const embeddingVector = Float32Array.from(vector(7, 0.1));
    await knowledge().embeddings.add(embedding(factId, 0, { embeddingVector }));
    const [stored] = await knowledge().embeddings.of(factId);
    expect(stored?.embeddingVector?.map(Math.fround)).toEqual([...embeddingVector]);
  });

  it("are added by the hundred with one statement, in the given order", async () => {
    const { on, statements } = observed(executor());
    const facts = await knowledge().recordMany(Array.from({ length: 100 }, () => someFact()));
    const added = await knowledgeOf(on).embeddings.addMany(
      facts.map(({ factId }, n) => embedding(factId, n)),
    );
    expect(statements).toHaveLength(1);
    expect(added.map(({ textContent }) => textContent)).toEqual(facts.map((_, n) => `axis ${n}`));
    expect(await knowledgeOf(on).embeddings.addMany([])).toEqual([]);
  });

  it("are added all or none when a fact does not exist, which is named", async () => {
    const { factId } = await fact();
    const adding = knowledge().embeddings.addMany([embedding(factId, 1), embedding(nobody, 1)]);
    await expect(adding).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `the fact ${nobody} does not exist`,
      details: { factIds: [nobody] },
    });
    expect(await knowledge().embeddings.of(factId)).toEqual([]);
  });

  it("are added once when the statement is repeated", async () => {
    const { factId } = await fact();
    const added = await knowledgeOf(repeating(executor())).embeddings.add(embedding(factId, 1));
    expect(await knowledge().embeddings.of(factId)).toMatchObject([added]);
  });

  it("go with the transaction that added them", async () => {
    const { factId } = await fact();
    const failing = executor().transaction(async (tx) => {
      await knowledgeOf(tx).embeddings.add(embedding(factId, 1));
      throw new RangeError("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await knowledge().embeddings.of(factId)).toEqual([]);
  });

  const hole: number[] = vector(1);
  delete hole[1000];
  it.each<[string, unknown, string, string]>([
    ["too few numbers", vector(1).slice(1), "embeddingVector", "1535 numbers given, 1536 are needed"],
    ["too many numbers", [...vector(1), 0], "embeddingVector", "1537 numbers given, 1536 are needed"],
    ["NaN", vector(1).with(17, Number.NaN), "embeddingVector.17", "NaN is not a finite number"],
    ["Infinity", vector(1).with(0, Infinity), "embeddingVector.0", "Infinity is not a finite number"],
    [
      "-Infinity",
      vector(1).with(1535, -Infinity),
      "embeddingVector.1535",
      "-Infinity is not a finite number",
    ],
    [
      "more than a float holds",
      vector(1).with(9, 1e39),
      "embeddingVector.9",
      "1e+39 is too large for 32-bit floating point",
    ],
    ["text", vector(1).map(String), "embeddingVector.0", "string is not a number"],
    ["a hole", hole, "embeddingVector.1000", "undefined is not a number"],
    ["no direction", vector(1).fill(0), "embeddingVector", "all numbers are zero, which is no direction"],
    [
      "a length too small to be compared",
      vector(1).fill(1e-30),
      "embeddingVector",
      "the length of the vector is 3.9e-29, where 1e-15 to 1e+15 can be compared: multiply its numbers, only its direction counts",
    ],
    [
      "a length too large to be compared",
      vector(1).fill(1e30),
      "embeddingVector",
      "the length of the vector is 3.9e+31, where 1e-15 to 1e+15 can be compared: multiply its numbers, only its direction counts",
    ],
    ["no array", "1,2,3", "embeddingVector", "not an array of numbers"],
  ])("are refused with %s, naming the place, and so is a search", async (_, numbers, path, message) => {
    const { factId } = await fact();
    const issues = [{ path, message }];
    // As a caller without types would.
    const embeddingVector = numbers as number[];
    await expect(knowledge().embeddings.add(embedding(factId, 0, { embeddingVector }))).rejects.toMatchObject(
      { code: "INVALID_INPUT", details: { issues } },
    );
    await expect(knowledge().embeddings.search({ ...model, embeddingVector })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      details: { issues },
    });
    const second = { path: `1.${path}`, message };
    await expect(
      knowledge().embeddings.addMany([embedding(factId, 0), embedding(factId, 0, { embeddingVector })]),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", details: { issues: [second] } });
    expect(await knowledge().embeddings.of(factId)).toEqual([]);
  });

  it.each<[string, Partial<NewEmbedding>, string]>([
    ["no text", { textContent: "" }, "textContent"],
    ["text with U+0000", { textContent: "a\0" }, "textContent"],
    ["a fact that is no id", { factId: "7" }, "factId"],
    ["a version that is too long", { embeddingVersion: "1".repeat(21) }, "embeddingVersion"],
  ])("are refused with %s", async (_, wrong, path) => {
    const adding = knowledge().embeddings.add({ ...embedding(nobody, 1), ...wrong });
    await expect(adding).rejects.toMatchObject({ code: "INVALID_INPUT", details: { issues: [{ path }] } });
  });

  it("are removed by fact, by model and by version, never all", async () => {
    const { embeddings } = knowledge();
    const [one, two] = [await fact(), await fact()];
    const [a, b] = [someModel(), someModel()];
    const fill = async () => {
      for (const { factId } of [one, two]) {
        for (const each of [a, b, { ...b, embeddingVersion: "2" }]) {
          await embeddings.add(embedding(factId, 1, each));
        }
      }
    };
    await fill();
    expect(await embeddings.remove({ factId: one.factId, ...b })).toBe(1);
    expect(await embeddings.remove({ embeddingModel: b.embeddingModel })).toBe(3);
    expect(await embeddings.remove({ factId: one.factId })).toBe(1);
    expect(await embeddings.remove({ factId: one.factId })).toBe(0);
    expect(await embeddings.of(two.factId)).toMatchObject([a]);
    await expect(embeddings.remove({})).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(embeddings.remove({ embeddingVersion: "1" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("are listed of a fact, of all models or one", async () => {
    const { embeddings } = knowledge();
    const { factId } = await fact();
    for (const embeddingVersion of ["2", "1"])
      await embeddings.add(embedding(factId, 1, { embeddingVersion }));
    await embeddings.add(embedding(factId, 1, { embeddingModel: "large" }));
    const versions = async (which?: Parameters<typeof embeddings.of>[1]) =>
      (await embeddings.of(factId, which)).map((each) => `${each.embeddingModel} ${each.embeddingVersion}`);
    expect(await versions()).toEqual(["large 1", "small 1", "small 2"]);
    expect(await versions({ embeddingModel: "small" })).toEqual(["small 1", "small 2"]);
    expect(await versions(model)).toEqual(["small 1"]);
  });

  it("that are missing are found in batches, until a job has added them", async () => {
    const { embeddings } = knowledge();
    const entityType = "missing";
    const mine = someModel();
    const all = await knowledge().recordMany(Array.from({ length: 25 }, () => someFact({ entityType })));
    await knowledge().retract((await fact({ entityType })).factId);
    const seen: string[][] = [];
    for (;;) {
      const { items: facts } = await embeddings.missing({ ...mine, entityType, limit: 10 });
      if (facts.length === 0) break;
      seen.push(ids(facts));
      await embeddings.addMany(facts.map(({ factId }) => embedding(factId, 1, mine)));
    }
    expect(seen.map((batch) => batch.length)).toEqual([10, 10, 5]);
    expect(seen.flat().sort()).toEqual(ids(all).sort());
    const version = { ...mine, embeddingVersion: "2" };
    expect((await embeddings.missing({ ...version, entityType })).items).toHaveLength(25);
    expect((await embeddings.missing({ ...mine, entityType, validAt: "ever" })).items).toHaveLength(1);
  });

  it("that are missing are found past those that could not be embedded, and as a stream", async () => {
    const { embeddings } = knowledge();
    const entityType = "passed over";
    const mine = someModel();
    const all = await knowledge().recordMany(Array.from({ length: 7 }, () => someFact({ entityType })));
    const first = await embeddings.missing({ ...mine, entityType, limit: 4 });
    const rest = await embeddings.missing({ ...mine, entityType, limit: 4, cursor: first.nextCursor ?? "" });
    expect(rest.nextCursor).toBeNull();
    expect([...ids(first.items), ...ids(rest.items)].sort()).toEqual(ids(all).sort());
    const [some] = all;
    if (some !== undefined) await embeddings.add(embedding(some.factId, 1, mine));
    const streamed: Fact[] = [];
    for await (const each of embeddings.streamMissing({ ...mine, entityType })) streamed.push(each);
    expect(ids(streamed).sort()).toEqual(ids(all.slice(1)).sort());
  });

  it("that wait for their vector are missing, and found by no search", async () => {
    const { factId, entityId } = await fact();
    const mine = someModel();
    await executor().write.query(sql.type(z.object({}))`
      INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content)
      VALUES (${factId}, ${mine.embeddingModel}, ${mine.embeddingVersion}, 'waits')
    `);
    expect(await knowledge().embeddings.of(factId)).toMatchObject([{ embeddingVector: null }]);
    expect((await knowledge().embeddings.missing({ ...mine, entityId })).items).toHaveLength(1);
    expect(await knowledge().embeddings.search({ ...mine, embeddingVector: vector(1) })).toEqual([]);
  });

  describe("are searched for", () => {
    const withAngles = async (leans: readonly number[], more: Parameters<typeof someFact>[0] = {}) => {
      const mine = someModel();
      const facts = await knowledge().recordMany(leans.map(() => someFact(more)));
      await knowledge().embeddings.addMany(
        facts.map(({ factId }, n) =>
          embedding(factId, 10, {
            ...mine,
            embeddingVector: vector(10, leans[n] ?? 0),
            textContent: `lean ${leans[n]}`,
          }),
        ),
      );
      return { mine, facts };
    };
    const texts = (found: readonly { textContent: string }[]) => found.map(({ textContent }) => textContent);

    it("the nearest facts first, whatever the length of their vectors", async () => {
      const { mine, facts } = await withAngles([3, 0.5, 0]);
      const { factId } = await fact();
      const opposite = vector(10).map((number) => -40 * number);
      await knowledge().embeddings.add(
        embedding(factId, 10, { ...mine, embeddingVector: opposite, textContent: "opposite" }),
      );
      const found = await knowledge().embeddings.search({ ...mine, embeddingVector: vector(10) });
      expect(texts(found)).toEqual(["lean 0", "lean 0.5", "lean 3", "opposite"]);
      expect(found.map(({ distance }) => distance)).toEqual([
        expect.closeTo(0, 6),
        expect.closeTo(1 - 1 / Math.hypot(1, 0.5), 6),
        expect.closeTo(1 - 1 / Math.hypot(1, 3), 6),
        expect.closeTo(2, 6),
      ]);
      expect(found[0]).toMatchObject(facts[2] ?? {});
      expect(ids(found)).toEqual([...ids(facts).reverse(), factId]);
    });

    it("no more than asked for, of one model and version", async () => {
      const { mine, facts } = await withAngles([0, 1, 2]);
      const [first] = facts;
      if (first !== undefined) {
        const second = { ...mine, embeddingVersion: "2" };
        await knowledge().embeddings.add(
          embedding(first.factId, 700, { ...second, textContent: "version 2" }),
        );
      }
      const search = { ...mine, embeddingVector: vector(10) };
      expect(await knowledge().embeddings.search({ ...search, limit: 2 })).toHaveLength(2);
      expect(texts(await knowledge().embeddings.search({ ...search, embeddingVersion: "2" }))).toEqual([
        "version 2",
      ]);
      expect(await knowledge().embeddings.search({ ...search, embeddingModel: "none" })).toEqual([]);
    });

    it("each fact once, by the nearest of its embeddings", async () => {
      const { mine, facts } = await withAngles([0.2, 0.4]);
      for (const { factId } of facts) {
        const parts = Array.from({ length: 30 }, (_, n) =>
          embedding(factId, 10, { ...mine, embeddingVector: vector(10, 1 + n), textContent: `part ${n}` }),
        );
        await knowledge().embeddings.addMany(parts);
      }
      const search = { ...mine, embeddingVector: vector(10) };
      expect(texts(await knowledge().embeddings.search(search))).toEqual(["lean 0.2", "lean 0.4"]);
    });

    it("among those a filter lets through, though all others are nearer", async () => {
      const sourceAgentId = await someAgent(executor());
      const leans = Array.from({ length: 60 }, (_, n) => n / 100);
      const { mine } = await withAngles(leans, { confidenceScore: 0.5 });
      const wanted = await knowledge().recordMany(
        Array.from({ length: 3 }, () =>
          someFact({ confidenceScore: 0.9, sourceAgentId, entityType: "rare" }),
        ),
      );
      await knowledge().embeddings.addMany(
        wanted.map(({ factId }, n) =>
          embedding(factId, 10, { ...mine, embeddingVector: vector(10, 5 + n), textContent: `far ${n}` }),
        ),
      );
      const search = { ...mine, embeddingVector: vector(10), limit: 3 };
      const far = ["far 0", "far 1", "far 2"];
      const found = async (filter: object) =>
        texts(await knowledge().embeddings.search({ ...search, ...filter }));
      expect(await found({})).toEqual(["lean 0", "lean 0.01", "lean 0.02"]);
      expect(await found({ minimumConfidence: 0.9 })).toEqual(far);
      expect(await found({ entityType: "rare" })).toEqual(far);
      expect(await found({ sourceAgentId })).toEqual(far);
      expect(await found({ entityId: wanted[1]?.entityId })).toEqual(["far 1"]);
    });

    it("those valid now, unless others are asked for", async () => {
      const { mine, facts } = await withAngles([0, 1]);
      const [over] = facts;
      if (over !== undefined) await knowledge().retract(over.factId);
      const search = { ...mine, embeddingVector: vector(10) };
      expect(texts(await knowledge().embeddings.search(search))).toEqual(["lean 1"]);
      expect(texts(await knowledge().embeddings.search({ ...search, validAt: "ever" }))).toEqual([
        "lean 0",
        "lean 1",
      ]);
    });

    it("but not one without a direction that another program stored", async () => {
      const { mine, facts } = await withAngles([0]);
      const [first] = facts;
      await executor().write.query(sql.type(z.object({}))`
        INSERT INTO knowledge.embeddings (
          fact_id, embedding_model, embedding_version, embedding_vector, text_content
        )
        VALUES (
          ${first?.factId ?? ""}, ${mine.embeddingModel}, '2', array_fill(0::REAL, ARRAY[1536]), 'zero'
        )
      `);
      const search = {
        embeddingModel: mine.embeddingModel,
        embeddingVector: vector(10),
        validAt: "ever",
      } as const;
      expect(texts(await knowledge().embeddings.search(search))).toEqual(["lean 0"]);
      expect(await knowledge().embeddings.search({ ...search, embeddingVersion: "2" })).toEqual([]);
    });
  });
}
