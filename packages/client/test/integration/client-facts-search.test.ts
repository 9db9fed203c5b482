import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Executor, type Fact, sql } from "../../src/index.ts";
import { knowledgeOf } from "../../src/knowledge/knowledge.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { planOf, someFact } from "../support/knowledge.ts";
import { observed } from "../support/observed-executor.ts";

describe.each(clusters())("facts on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const knowledge = () => database().db.knowledge;

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
