import { clusters } from "@mister-smith/testkit";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Fact, type NewFact, sql } from "../../src/index.ts";
import { knowledgeOf } from "../../src/knowledge/knowledge.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { saying, someAgent, someEntity, someFact } from "../support/knowledge.ts";
import { observed, repeating } from "../support/observed-executor.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const hours = (count: number) => new Date(Date.UTC(2026, 0, 1, count));
const valuesOf = (found: readonly Fact[]) => found.map((fact) => fact.objectValue);

describe.each(clusters())("facts on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const knowledge = () => database().db.knowledge;

  describe("that are recorded", () => {
    it("come back as they were given", async () => {
      const { db } = database();
      const given: NewFact = {
        ...someEntity(),
        predicate: "costs",
        objectValue: { amount: 12.5, of: ["a", null, { "ü😀": "\u0001\\u0000" }] },
        objectType: "price",
        sourceAgentId: await someAgent(db),
        confidenceScore: 0.25,
        evidence: ["invoice 7"],
        validFrom: hours(1),
        validUntil: hours(2),
      };
      const fact = await knowledge().record(given);
      expect(fact).toMatchObject(given);
      expect(await knowledge().get(fact.factId)).toEqual(fact);
    });

    it.each([
      ["null", null],
      ["boolean", false],
      ["number", 0],
      ["string", ""],
      ["array", []],
      ["object", {}],
      ["text", { text_content: "" }],
    ])(
      "are of the type %s when their value is and nobody said otherwise",
      async (objectType, objectValue) => {
        const fact = await knowledge().record(someFact({ objectValue }));
        expect(fact).toMatchObject({ objectType, objectValue, evidence: {}, confidenceScore: null });
      },
    );

    it("keep two decimals of their confidence, rounded", async () => {
      const scores = await knowledge().recordMany(
        [0.874, 0.875, 0.999, 0.001].map((confidenceScore) => someFact({ confidenceScore })),
      );
      expect(scores.map((fact) => fact.confidenceScore)).toEqual([0.87, 0.88, 1, 0]);
    });

    it("are written by the thousand with one statement, and come back in the given order", async () => {
      const { on, statements } = observed(database().db);
      const many = Array.from({ length: 3_000 }, (_, number) => someFact({ objectValue: number }));
      const recorded = await knowledgeOf(on).recordMany(many);
      expect(statements).toHaveLength(1);
      expect(valuesOf(recorded)).toEqual(many.map((fact) => fact.objectValue));
      expect(await knowledgeOf(on).recordMany([])).toEqual([]);
      expect(statements).toHaveLength(1);
    });

    it("of ten megabytes come back whole", async () => {
      const text = "a long story, ".repeat(750_000);
      const { factId } = await knowledge().record(someFact({ objectValue: { text_content: text } }));
      expect((await knowledge().get(factId))?.objectValue).toEqual({ text_content: text });
    });

    it("are refused together when the source of one does not exist, which is named", async () => {
      const { db } = database();
      const entity = someEntity();
      const known = await someAgent(db);
      const given = [known, nobody, null].map((sourceAgentId) => someFact({ ...entity, sourceAgentId }));
      await expect(knowledge().recordMany(given)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `the source agent ${nobody} does not exist`,
        details: { agentIds: [nobody] },
      });
      expect(await knowledge().about(entity)).toEqual([]);
    });

    it("leave the transaction usable when their source does not exist", async () => {
      const fact = await database().db.transaction(async (tx) => {
        await expect(tx.knowledge.record(someFact({ sourceAgentId: nobody }))).rejects.toMatchObject({
          code: "NOT_FOUND",
        });
        return await tx.knowledge.record(someFact());
      });
      expect(await knowledge().get(fact.factId)).toEqual(fact);
    });

    it("are there once when the statement is repeated", async () => {
      const given = [someFact(), someFact()];
      const recorded = await knowledgeOf(repeating(database().db)).recordMany(given);
      for (const [number, fact] of given.entries()) {
        expect(await knowledge().about(fact)).toEqual([recorded[number]]);
      }
    });

    it("share the fate of the transaction", async () => {
      const given = someFact();
      const failing = database().db.transaction(async (tx) => {
        await tx.knowledge.record(given);
        expect(await tx.knowledge.about(given)).toHaveLength(1);
        throw new RangeError("on purpose");
      });
      await expect(failing).rejects.toThrow("on purpose");
      expect(await knowledge().about(given)).toEqual([]);
    });

    it.each<[string, Record<string, unknown>, string]>([
      ["text without text_content", { objectType: "text", objectValue: "text" }, "objectValue"],
      ["an empty entity type", { entityType: "" }, "entityType"],
      ["an entity type that is too long", { entityType: "😀".repeat(101) }, "entityType"],
      ["U+0000 in the entity", { entityId: "a\0" }, "entityId"],
      ["a confidence above 1", { confidenceScore: 1.001 }, "confidenceScore"],
      ["a confidence below 0", { confidenceScore: -0.001 }, "confidenceScore"],
      ["a source that is no id", { sourceAgentId: "me" }, "sourceAgentId"],
      ["an end before the beginning", { validFrom: hours(2), validUntil: hours(2) }, "validUntil"],
      ["a time that is none", { validFrom: new Date(Number.NaN) }, "validFrom"],
    ])("are refused with %s", async (_, wrong, path) => {
      // As a caller without types would.
      const fact = { ...someFact(), ...wrong } as NewFact;
      await expect(knowledge().record(fact)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        details: { issues: [{ path }] },
      });
    });

    it("go by the server's clock where they begin now", async () => {
      const error = { code: "INVALID_INPUT", message: expect.stringContaining("validUntil") };
      await expect(knowledge().record(someFact({ validUntil: hours(1) }))).rejects.toMatchObject(error);
      // This machine's clock is ahead.
      vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
      try {
        const inHalfAnHour = new Date(Date.now() - 1_800_000);
        expect(await knowledge().record(someFact({ validUntil: inHalfAnHour }))).toMatchObject({
          validUntil: inHalfAnHour,
        });
      } finally {
        vi.useRealTimers();
      }
    });

    const circle: { self?: unknown } = {};
    circle.self = circle;
    it.each<[string, unknown, string]>([
      ["U+0000", { a: ["b\0"] }, "$.a[0] holds the character U+0000"],
      ["half of a surrogate pair", "\ud800", "$ holds half a surrogate pair"],
      ["NaN", { at: [1, Number.NaN] }, "$.at[1] is NaN"],
      ["a date", { at: hours(1) }, "$.at is an object of Date"],
      ["undefined", { at: undefined }, "$.at is undefined"],
      ["itself", circle, "nested too deeply, or holds itself"],
    ])("are refused with a value that holds %s, naming the fact and the place", async (_, value, fault) => {
      // As a caller without types would.
      const wrong = { ...someFact(), objectValue: value } as NewFact;
      await expect(knowledge().record(wrong)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining(fault),
      });
      await expect(knowledge().recordMany([someFact(), wrong])).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("fact 1: objectValue: $"),
      });
      const evidence = { ...someFact(), evidence: value } as NewFact;
      await expect(knowledge().record(evidence)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    });

    it("may use a column's length to the full", async () => {
      const entityType = "😀".repeat(100);
      expect((await knowledge().record(someFact({ entityType }))).entityType).toBe(entityType);
    });
  });

  describe("in time", () => {
    it("that do not exist are null", async () => {
      expect(await knowledge().get(nobody)).toBeNull();
      await expect(knowledge().get("7")).rejects.toMatchObject({ code: "INVALID_INPUT" });
    });

    it("are held about an entity from their beginning until their end", async () => {
      const entity = someEntity();
      const later = new Date(Date.now() + 3_600_000);
      await knowledge().recordMany([
        { ...entity, predicate: "b", objectValue: "open" },
        { ...entity, predicate: "a", objectValue: "ends later", validFrom: hours(0), validUntil: later },
        { ...entity, predicate: "a", objectValue: "over", validFrom: hours(0), validUntil: hours(1) },
        { ...entity, predicate: "a", objectValue: "begins later", validFrom: later },
      ]);
      expect(valuesOf(await knowledge().about(entity))).toEqual(["ends later", "open"]);
      expect(valuesOf(await knowledge().about({ ...entity, predicate: "b" }))).toEqual(["open"]);
    });

    it("are found at any moment as they were valid then, the end excluded", async () => {
      const entity = someEntity();
      await knowledge().recordMany([
        { ...entity, predicate: "p", objectValue: 1, validFrom: hours(1), validUntil: hours(2) },
        { ...entity, predicate: "p", objectValue: 2, validFrom: hours(2) },
        { ...entity, predicate: "q", objectValue: 3, validFrom: hours(2), validUntil: hours(3) },
      ]);
      const at = async (validAt: Date) => valuesOf(await knowledge().asOf({ ...entity, validAt }));
      expect(await at(new Date(hours(1).getTime() - 1))).toEqual([]);
      expect(await at(hours(1))).toEqual([1]);
      expect(await at(new Date(hours(2).getTime() - 1))).toEqual([1]);
      expect(await at(hours(2))).toEqual([2, 3]);
      expect(await at(hours(3))).toEqual([2]);
      expect(valuesOf(await knowledge().asOf({ ...entity, predicate: "q", validAt: hours(2) }))).toEqual([3]);
    });

    it("are found at the very dates that they are read with, though PostgreSQL has more digits", async () => {
      const { entityId, entityType, predicate } = someFact();
      const first = await knowledge().record({ entityId, entityType, predicate, objectValue: 1 });
      // Another millisecond, so that the first is valid at a moment that a Date can name.
      await eventually("the clock moves on", async () => {
        const clock = sql.type(z.object({ later: z.boolean() }))`
          SELECT clock_timestamp() > valid_from + INTERVAL '2 milliseconds' AS later
          FROM knowledge.facts WHERE fact_id = ${first.factId}
        `;
        return (await database().db.write.oneFirst(clock)) === true;
      });
      const second = await knowledge().supersede(first.factId, saying(2));
      const at = async (validAt: Date) => valuesOf(await knowledge().asOf({ entityType, entityId, validAt }));
      expect(await at(first.validFrom)).toEqual([1]);
      expect(await at(second.validFrom)).toEqual([2]);
    });

    it("are found as they were known at a moment", async () => {
      const { db } = database();
      const entity = someEntity();
      // Written down at one o'clock, superseded at three with effect from two, and then retracted at four as of now.
      const written = async (factId: string, createdAt: Date, updatedAt: Date) => {
        // The trigger would set the time of the change to now.
        await db.transaction(async (tx) => {
          await tx.query(sql.type(z.object({}))`ALTER TABLE knowledge.facts DISABLE TRIGGER set_updated_at`);
          await tx.query(sql.type(z.object({}))`
            UPDATE knowledge.facts
            SET created_at = ${sql.timestamp(createdAt)}, updated_at = ${sql.timestamp(updatedAt)}
            WHERE fact_id = ${factId}
          `);
          await tx.query(sql.type(z.object({}))`ALTER TABLE knowledge.facts ENABLE TRIGGER set_updated_at`);
        });
      };
      const first = await knowledge().record({
        ...entity,
        predicate: "p",
        objectValue: "first",
        validFrom: hours(1),
      });
      const second = await knowledge().supersede(first.factId, saying("second", { validFrom: hours(2) }));
      await knowledge().retract(second.factId, { validUntil: hours(4) });
      await written(first.factId, hours(1), hours(3));
      await written(second.factId, hours(3), hours(4));

      const held = async (validAt: Date, knownAt?: Date) =>
        valuesOf(
          await knowledge().asOf({ ...entity, validAt, ...(knownAt === undefined ? {} : { knownAt }) }),
        );
      expect(await held(hours(2))).toEqual(["second"]);
      expect(await held(hours(2), hours(0))).toEqual([]);
      expect(await held(hours(2), hours(2))).toEqual(["first"]);
      expect(await held(hours(2), hours(3))).toEqual(["second"]);
      expect(await held(hours(5), hours(2))).toEqual(["first"]);
      expect(await held(hours(5), hours(3))).toEqual(["second"]);
      expect(await held(hours(5), hours(4))).toEqual([]);
    });

    it("have a history, also of what is over and what is to come", async () => {
      const subject = { ...someEntity(), predicate: "p" };
      await knowledge().recordMany([
        { ...subject, objectValue: "to come", validFrom: new Date(Date.now() + 3_600_000) },
        { ...subject, objectValue: "over", validFrom: hours(1), validUntil: hours(2) },
        { ...subject, objectValue: "now" },
        { ...subject, predicate: "other", objectValue: "of another predicate" },
      ]);
      expect(valuesOf(await knowledge().history(subject))).toEqual(["over", "now", "to come"]);
    });
  });

  describe("that are looked for", () => {
    it("meet every condition that is given", async () => {
      const sourceAgentId = await someAgent(database().db);
      const { entityId, entityType } = someEntity();
      const base = { entityId, entityType, predicate: "p", objectValue: { tags: ["a", "b"], n: 1 } };
      await knowledge().recordMany([
        { ...base, evidence: { id: "all" }, confidenceScore: 0.8, sourceAgentId, objectType: "t" },
        { ...base, evidence: { id: "predicate" }, predicate: "other" },
        { ...base, evidence: { id: "value" }, objectValue: { tags: ["a"] } },
        { ...base, evidence: { id: "unsure" }, confidenceScore: 0.79 },
        { ...base, evidence: { id: "over" }, validFrom: hours(1), validUntil: hours(2) },
      ]);
      const found = async (filter: Parameters<ReturnType<typeof knowledge>["find"]>[0]) =>
        (await knowledge().find({ entityId, ...filter })).items
          .map((fact) => z.object({ id: z.string() }).parse(fact.evidence).id)
          .sort();
      expect(await found({})).toEqual(["all", "predicate", "unsure", "value"]);
      expect(await found({ entityType: "another" })).toEqual([]);
      expect(await found({ predicate: "p" })).toEqual(["all", "unsure", "value"]);
      expect(await found({ objectType: "t" })).toEqual(["all"]);
      expect(await found({ sourceAgentId })).toEqual(["all"]);
      expect(await found({ minimumConfidence: 0.8 })).toEqual(["all"]);
      expect(await found({ minimumConfidence: 0.79 })).toEqual(["all", "unsure"]);
      expect(await found({ containing: { tags: ["b"] } })).toEqual(["all", "predicate", "unsure"]);
      expect(await found({ validAt: hours(1) })).toEqual(["over"]);
      expect(await found({ validAt: "ever", predicate: "p" })).toEqual(["all", "over", "unsure", "value"]);
    });

    it("come page by page, each once, though all were written down in the same moment", async () => {
      const entityType = "pages";
      const all = await knowledge().recordMany(
        Array.from({ length: 23 }, (_, objectValue) => someFact({ entityType, objectValue })),
      );
      await knowledge().recordMany([someFact({ entityType, objectValue: "newer" })]);
      const pages: Fact[][] = [];
      let cursor: string | null = null;
      do {
        const page = await knowledge().find({ entityType, limit: 8, ...(cursor === null ? {} : { cursor }) });
        pages.push([...page.items]);
        cursor = page.nextCursor;
        // What is written meanwhile is before the pages to come.
        await knowledge().record(someFact({ entityType, objectValue: "meanwhile" }));
      } while (cursor !== null);
      expect(pages.map((page) => page.length)).toEqual([8, 8, 8]);
      expect(pages[0]?.[0]?.objectValue).toBe("newer");
      expect(new Set(pages.flat().map((fact) => fact.factId)).size).toBe(24);
      expect(valuesOf(pages.flat().slice(1)).sort()).toEqual(valuesOf(all).sort());
    });

    it.each(["", "x", "e30", Buffer.from('["now","1"]').toString("base64url")])(
      "with the cursor '%s' are refused",
      async (cursor) => {
        await expect(knowledge().find({ cursor })).rejects.toMatchObject({ code: "INVALID_INPUT" });
      },
    );

    it("are streamed, and the loop may end early", async () => {
      const entityType = "stream";
      const all = await knowledge().recordMany(
        Array.from({ length: 500 }, (_, objectValue) => someFact({ entityType, objectValue })),
      );
      const seen: unknown[] = [];
      for await (const fact of knowledge().stream({ entityType })) seen.push(fact.objectValue);
      expect(seen.sort()).toEqual(valuesOf(all).sort());
      for await (const fact of knowledge().stream({ entityType })) {
        expect(fact.entityType).toBe(entityType);
        break;
      }
    });

    it("have an average and a best confidence, as far as they have one", async () => {
      const entity = someEntity();
      await knowledge().recordMany(
        [0.5, null, 0.9, 0.9, 0.1].map((confidenceScore, objectValue) => ({
          ...entity,
          predicate: "p",
          objectValue,
          confidenceScore,
          validFrom: hours(objectValue),
        })),
      );
      const summary = await knowledge().confidence(entity);
      expect(summary).toEqual({ facts: 5, rated: 4, average: expect.closeTo(0.6, 6), best: 0.9 });
      expect((await knowledge().best(entity))?.objectValue).toBe(3);
      expect(await knowledge().best({ ...entity, predicate: "other" })).toBeNull();
      expect(await knowledge().confidence({ ...entity, predicate: "other" })).toEqual({
        ...{ facts: 0, rated: 0, average: null, best: null },
      });
    });
  });
});
