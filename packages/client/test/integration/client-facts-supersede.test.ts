import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Fact, sql, type Transaction } from "../../src/index.ts";
import { knowledgeOf } from "../../src/knowledge/knowledge.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { saying, someFact } from "../support/knowledge.ts";
import { repeating } from "../support/observed-executor.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const hours = (count: number) => new Date(Date.UTC(2026, 0, 1, count));
const valuesOf = (found: readonly Fact[]) => found.map((fact) => fact.objectValue);

describe.each(clusters())("facts on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const knowledge = () => database().db.knowledge;

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
});
