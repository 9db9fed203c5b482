import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Executor, type Fact, type NewFact, sql, type Transaction } from "../../src/index.ts";
import { knowledgeOf } from "../../src/knowledge/knowledge.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { planOf, saying, someAgent, someEntity, someFact } from "../support/knowledge.ts";
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
      ["an end in the past and no beginning", { validUntil: hours(1) }, "validUntil"],
      ["a time that is none", { validFrom: new Date(Number.NaN) }, "validFrom"],
    ])("are refused with %s", async (_, wrong, path) => {
      // As a caller without types would.
      const fact = { ...someFact(), ...wrong } as NewFact;
      await expect(knowledge().record(fact)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        details: { issues: [{ path }] },
      });
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

  describe("that are superseded", () => {
    const ends = (factId: string) => sql.type(z.object({ text: z.string().nullable() }))`
      SELECT valid_until::TEXT AS text FROM knowledge.facts WHERE fact_id = ${factId}
    `;
    const begins = (factId: string) => sql.type(z.object({ text: z.string() }))`
      SELECT valid_from::TEXT AS text FROM knowledge.facts WHERE fact_id = ${factId}
    `;
    const waiting = async () => {
      const { db } = database();
      return await db.write.exists(sql.type(z.object({}))`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      `);
    };

    it("end to the microsecond where the new one begins", async () => {
      const { write } = database().db;
      const old = await knowledge().record(someFact());
      const { factId, ...fresh } = await knowledge().supersede(old.factId, {
        objectValue: "new",
        confidenceScore: 0.5,
        evidence: { because: 1 },
      });
      expect(await write.oneFirst(ends(old.factId))).toBe(await write.oneFirst(begins(factId)));
      expect(fresh).toMatchObject({ entityId: old.entityId, predicate: old.predicate, objectValue: "new" });
      expect(fresh).toMatchObject({ objectType: "string", confidenceScore: 0.5, evidence: { because: 1 } });
      expect(valuesOf(await knowledge().about(old))).toEqual(["new"]);
    });

    it("in the transaction that recorded them end after they began", async () => {
      const given = someFact();
      const found = await database().db.transaction(async (tx) => {
        let { factId } = await tx.knowledge.record(given);
        for (const next of [2, 3, 4]) factId = (await tx.knowledge.supersede(factId, saying(next))).factId;
        return await tx.knowledge.about(given);
      });
      expect(valuesOf(found)).toEqual([4]);
      expect(valuesOf(await knowledge().history(given))).toEqual([1, 2, 3, 4]);
    });

    it("by twenty at once are superseded by one of them", async () => {
      const given = someFact();
      const { factId } = await knowledge().record(given);
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, number) => knowledge().supersede(factId, saying(`by ${number}`))),
      );
      const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
      expect(refused.map((reason) => reason.code)).toEqual(Array(19).fill("WRONG_STATUS"));
      expect(await knowledge().history(given)).toHaveLength(2);
      expect(await knowledge().about(given)).toHaveLength(1);
    });

    it("by many again and again leave neither a gap nor two at once", async () => {
      const { db } = database();
      const given = someFact();
      await knowledge().record(given);
      const worker = async (name: string) => {
        for (let done = 0; done < 10; ) {
          const [current] = await knowledge().about(given);
          if (current === undefined) throw new RangeError("there was a gap");
          try {
            await knowledge().supersede(current.factId, saying(`${name}${done}`));
            done += 1;
          } catch (error) {
            expect(error).toMatchObject({ code: "WRONG_STATUS" });
          }
        }
      };
      await Promise.all(["a", "b", "c", "d"].map(worker));
      const chain = sql.type(z.object({ facts: z.int(), open: z.int(), breaks: z.int() }))`
        SELECT
          count(*)::INTEGER AS facts,
          count(*) FILTER (WHERE valid_until IS NULL)::INTEGER AS open,
          count(*) FILTER (WHERE valid_until IS DISTINCT FROM next)::INTEGER AS breaks
        FROM (
          SELECT valid_until, lead(valid_from) OVER (ORDER BY valid_from) AS next
          FROM knowledge.facts WHERE entity_id = ${given.entityId}
        ) AS chain
      `;
      expect(await db.write.one(chain)).toEqual({ facts: 41, open: 1, breaks: 0 });
    });

    it.each([
      ["refused once it is committed", "commit", ["open", "first"]],
      ["done once it is rolled back", "rollback", ["open", "second"]],
    ])("while another does the same wait, and are %s", async (_, outcome, values) => {
      const { db } = database();
      const given = someFact({ objectValue: "open" });
      const { factId } = await knowledge().record(given);
      const gate = Promise.withResolvers<void>();
      const inside = Promise.withResolvers<void>();
      const first = db
        .transaction(async (tx: Transaction) => {
          await tx.knowledge.supersede(factId, saying("first"));
          inside.resolve();
          await gate.promise;
          if (outcome === "rollback") throw new RangeError("on purpose");
        })
        .catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
      await inside.promise;
      const second = knowledge()
        .supersede(factId, saying("second"))
        .then(
          () => "done",
          (error: { code: string }) => error.code,
        );
      await eventually("the second waits", waiting);
      gate.resolve();
      await first;
      expect(await second).toBe(outcome === "commit" ? "WRONG_STATUS" : "done");
      expect(valuesOf(await knowledge().history(given))).toEqual(values);
    });

    it("while they are retracted are ended once", async () => {
      const given = someFact();
      const { factId } = await knowledge().record(given);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, number) =>
          number % 2 === 0 ? knowledge().retract(factId) : knowledge().supersede(factId, saying(number)),
        ),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "WRONG_STATUS" });
      }
    });

    it("may end in hindsight, but after they began", async () => {
      const given = someFact({ validFrom: hours(1) });
      const { factId } = await knowledge().record(given);
      const refused = knowledge().supersede(factId, saying("new", { validFrom: hours(1) }));
      await expect(refused).rejects.toMatchObject({
        code: "WRONG_STATUS",
        details: { factId, validFrom: hours(1).toISOString() },
      });
      const fresh = await knowledge().supersede(factId, saying("new", { validFrom: hours(2) }));
      expect([fresh.validFrom, (await knowledge().get(factId))?.validUntil]).toEqual([hours(2), hours(2)]);
    });

    it("may end in the future, and hold until then", async () => {
      const given = someFact();
      const { factId } = await knowledge().record(given);
      const validFrom = new Date(Date.now() + 3_600_000);
      await knowledge().supersede(factId, saying(2, { validFrom }));
      expect(valuesOf(await knowledge().about(given))).toEqual([1]);
      expect(valuesOf(await knowledge().asOf({ ...given, validAt: validFrom }))).toEqual([2]);
      await expect(knowledge().supersede(factId, saying(3))).rejects.toMatchObject({ code: "WRONG_STATUS" });
    });

    it("before they begin were never held", async () => {
      const validFrom = new Date(Date.now() + 3_600_000);
      const given = someFact({ validFrom });
      const { factId } = await knowledge().record(given);
      await knowledge().supersede(factId, saying(2));
      expect(valuesOf(await knowledge().asOf({ ...given, validAt: validFrom }))).toEqual([2]);
    });

    it("already are refused, with the end that they have", async () => {
      const { factId } = await knowledge().record(someFact({ validFrom: hours(1) }));
      await knowledge().supersede(factId, saying(2, { validFrom: hours(2) }));
      await expect(knowledge().supersede(factId, saying(3))).rejects.toMatchObject({
        code: "WRONG_STATUS",
        message: `the fact ${factId} cannot be superseded: it is valid until ${hours(2).toISOString()}`,
        details: { factId, validUntil: hours(2).toISOString() },
      });
    });

    it("stay as they are when the new one cannot be", async () => {
      const { factId } = await knowledge().record(someFact());
      const refused = knowledge().supersede(factId, saying(2, { sourceAgentId: nobody }));
      await expect(refused).rejects.toMatchObject({ code: "NOT_FOUND", details: { agentIds: [nobody] } });
      expect((await knowledge().get(factId))?.validUntil).toBeNull();
      await expect(knowledge().supersede(nobody, saying(2))).rejects.toMatchObject({
        code: "NOT_FOUND",
        details: { factIds: [nobody] },
      });
    });

    it("are superseded once when the statement is repeated", async () => {
      const given = someFact();
      const { factId } = await knowledge().record(given);
      const fresh = await knowledgeOf(repeating(database().db)).supersede(factId, saying(2));
      expect(valuesOf(await knowledge().history(given))).toEqual([1, 2]);
      expect(await knowledge().get(fresh.factId)).toEqual(fresh);
    });
  });

  describe("that are retracted", () => {
    it("are held no more, and stay in the history", async () => {
      const given = someFact();
      const { factId } = await knowledge().record(given);
      const retracted = await knowledge().retract(factId);
      expect(retracted.validUntil).not.toBeNull();
      expect(await knowledge().about(given)).toEqual([]);
      expect(await knowledge().history(given)).toEqual([retracted]);
      await expect(knowledge().retract(factId)).rejects.toMatchObject({ code: "WRONG_STATUS" });
    });

    it("end at the moment that is given, also before the end that they have, never after it", async () => {
      const { factId } = await knowledge().record(someFact({ validFrom: hours(1), validUntil: hours(5) }));
      const until = async (validUntil: Date) => await knowledge().retract(factId, { validUntil });
      expect((await until(hours(3))).validUntil).toEqual(hours(3));
      await expect(until(hours(4))).rejects.toMatchObject({ code: "WRONG_STATUS" });
      await expect(until(hours(1))).rejects.toMatchObject({ code: "WRONG_STATUS" });
      await expect(knowledge().retract(nobody)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("before they begin were never held", async () => {
      const validFrom = new Date(Date.now() + 3_600_000);
      const given = someFact({ validFrom });
      const { factId } = await knowledge().record(given);
      await knowledge().retract(factId);
      expect(await knowledge().asOf({ ...given, validAt: validFrom })).toEqual([]);
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

  describe("of text", () => {
    const tell = async (entityType: string, ...texts: string[]) =>
      await knowledge().recordMany(
        texts.map((text) => someFact({ entityType, objectValue: { text_content: text } })),
      );
    const texts = (found: readonly Fact[]) =>
      found.map((fact) => z.object({ text_content: z.string() }).parse(fact.objectValue).text_content);

    it("are searched as one writes for a search engine, the best match first", async () => {
      const entityType = "animals";
      await tell(
        entityType,
        "A fox and far, far away, in the end, a dog",
        "The quick foxes and the dogs",
        "A cat",
      );
      await knowledge().record(
        someFact({ entityType, objectType: "note", objectValue: { text_content: "fox" } }),
      );
      const search = async (query: string) => texts(await knowledge().searchText({ entityType, query }));
      expect(await search("dog fox")).toEqual([
        "The quick foxes and the dogs",
        "A fox and far, far away, in the end, a dog",
      ]);
      expect(await search('"quick fox" or cat')).toHaveLength(2);
      expect(await search("dog -quick")).toEqual(["A fox and far, far away, in the end, a dog"]);
      expect(await search("fox and mouse")).toEqual([]);
    });

    it("are filtered and limited like other facts", async () => {
      const entityType = "limits";
      const [first] = await tell(entityType, "one apple", "two apples", "three apples");
      if (first !== undefined) await knowledge().retract(first.factId);
      const search = { entityType, query: "apple" };
      expect(texts(await knowledge().searchText(search)).sort()).toEqual(["three apples", "two apples"]);
      expect(await knowledge().searchText({ ...search, validAt: "ever" })).toHaveLength(3);
      expect(await knowledge().searchText({ ...search, limit: 1 })).toHaveLength(1);
      expect(await knowledge().searchText({ ...search, minimumConfidence: 0 })).toEqual([]);
    });

    it("show the places that match, marked, when asked to", async () => {
      const entityType = "headlines";
      await tell(entityType, `${"words ".repeat(200)} a needle here ${"words ".repeat(200)}`);
      const search = { entityType, query: "needle" };
      expect((await knowledge().searchText(search))[0]?.headline).toBeNull();
      const [plain] = await knowledge().searchText({ ...search, headline: true });
      expect(plain?.headline).toContain("a **needle** here");
      expect(plain?.headline?.length).toBeLessThan(300);
      const [marked] = await knowledge().searchText({
        ...search,
        headline: { before: '<b class="$&">', after: "</b>" },
      });
      expect(marked?.headline).toContain('a <b class="$&">needle</b> here');
    });

    it("never refuse a query", async () => {
      const seed = Math.trunc(Math.random() * 2 ** 31);
      const entityType = "odd queries";
      await tell(entityType, "A fox, and a dog");
      const queries = [
        ...[
          "",
          " ",
          "the",
          "\0",
          "a\0b",
          "'",
          "\\",
          '"',
          '"unclosed',
          "-",
          "--",
          "- -a",
          "or",
          "or or",
          "or a or",
        ],
        ...[
          "& | ! ( ) <-> :*",
          "a:*",
          "!!!",
          "((((",
          "%_",
          "$1 $slonik_1",
          "\ud800",
          "😀",
          "ａ",
          "-".repeat(20_000),
        ],
        ...[
          "a ".repeat(20_000),
          "a".repeat(20_000),
          "a or ".repeat(20_000),
          '"a" '.repeat(20_000),
          "-a ".repeat(9_000),
          "fox-and-dog ".repeat(100_000),
        ],
        ...oddQueries(seed, 100),
      ];
      for (const query of queries) {
        const found = await knowledge()
          .searchText({ query, headline: true, entityType })
          .catch((error: unknown) => error);
        expect(found, `seed ${seed}, query ${query.slice(0, 100)}`).toBeInstanceOf(Array);
      }
    });
  });

  describe("in great number", () => {
    it("are searched by way of the indexes", async () => {
      const { db } = database();
      await db.write.query(sql.type(z.object({}))`
        INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type)
        SELECT
          'many', n::TEXT, 'p' || n % 100,
          jsonb_build_object('text_content', 'word' || n || ' word' || n % 500, 'n', n), 'text'
        FROM generate_series(1, 20000) AS n
      `);
      await db.write.query(sql.type(z.object({}))`VACUUM ANALYZE knowledge.facts`);
      const plan = async (ask: (on: Executor) => Promise<unknown>) => {
        const { on, statements } = observed(db);
        await ask(on);
        const [statement] = statements;
        return statement === undefined ? "" : await planOf(db, statement);
      };
      const byText = (on: Executor) => knowledgeOf(on).searchText({ query: "word77", headline: true });
      expect(await plan(byText)).toContain("idx_knowledge_facts_text_search");
      expect(await knowledge().searchText({ query: "word77" })).toHaveLength(20);
      const byValue = (on: Executor) => knowledgeOf(on).find({ containing: { n: 77 } });
      expect(await plan(byValue)).toContain("idx_knowledge_facts_object_gin");
      const byPredicate = (on: Executor) => knowledgeOf(on).find({ predicate: "p7", limit: 10 });
      expect(await plan(byPredicate)).toContain("idx_knowledge_facts_predicate");
      const byEntity = (on: Executor) => knowledgeOf(on).about({ entityType: "many", entityId: "77" });
      expect(await plan(byEntity)).toContain("idx_knowledge_facts_entity_predicate");
    });
  });
});

/** Queries made of what a parser may trip over, the same for the same seed. */
function oddQueries(seed: number, count: number): string[] {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const parts = [
    '"',
    "-",
    " or ",
    " ",
    "a",
    "the",
    "\\",
    "'",
    ":",
    "*",
    "&",
    "|",
    "!",
    "(",
    ")",
    "<->",
    "\0",
    "ü",
    "😀",
  ];
  return Array.from({ length: count }, () =>
    Array.from({ length: next(12) }, () => parts[next(parts.length)]).join(""),
  );
}
