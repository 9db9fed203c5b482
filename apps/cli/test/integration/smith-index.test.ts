import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

describe.each(clusters())("smith index on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const json = async (words: string | readonly string[]) => await system().smith(words);
  beforeAll(async () => {
    await system().sql("CREATE EXTENSION pg_stat_statements");
    await system().sql(`
      CREATE TABLE public.orders (id INT PRIMARY KEY, buyer INT, note TEXT);
      INSERT INTO public.orders SELECT i, i % 2000, 'n' || i || repeat('x', 80) FROM generate_series(1, 20000) AS i;
      ANALYZE public.orders`);
    await system().sql("SELECT pg_stat_force_next_flush()");
    await system().sql(
      "SELECT pg_stat_reset(), pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)",
    );
    await system().sql("ANALYZE public.orders");
  });
  const call = async (column: string, times: number) => {
    for (let n = 0; n < times; n += 1)
      await system().sql(
        `SELECT count(*) FROM public.orders WHERE ${column} = ${column === "buyer" ? n : `'${n}'`}`,
      );
  };
  const recommend = async () => (await json("index recommend")).json.recommendations;

  it("recommend keeps what is missing, explain shows it, reject turns it down for good", async () => {
    await call("note", 30);
    expect((await json("index recommend --dry-run")).json).toMatchObject({
      indexes: [{ keys: ["note"] }],
      recommendations: [],
    });
    const [one] = await recommend();
    expect(one).toMatchObject({ table: "public.orders", status: "pending", index: "idx_orders_note" });
    expect(one.costBefore).toBeGreaterThan(one.costAfter);
    expect((await json(`index explain ${one.id}`)).json.recommendation.statements).toMatchObject([
      { text: "SELECT count(*) FROM public.orders WHERE note = $1" },
    ]);
    const { stdout } = await system().text(`index explain ${one.id}`);
    expect(stdout).toContain("writes");
    expect(stdout).toContain("CREATE INDEX CONCURRENTLY");
    expect((await json(["index", "reject", one.id, "--reason", "notes are going"])).code).toBe(0);
    expect(await recommend()).toEqual([]);
    expect((await json("index explain --status rejected")).json.recommendations).toMatchObject([
      { id: one.id, decisionReason: "notes are going" },
    ]);
    expect((await json(`index reject ${one.id}`)).code).toBe(1);
    expect((await json(`index reject ${unknownId}`)).code).toBe(8);
    expect((await json(`index explain ${unknownId}`)).code).toBe(8);
    expect((await json("index explain many")).code).toBe(2);
  });

  it("apply builds what was advised, watch tells what came of it, and apply --revert takes it away", async () => {
    await call("buyer", 40);
    const [one] = await recommend();
    expect(one).toMatchObject({ index: "idx_orders_buyer" });
    const dry = await system().text(`index apply ${one.id} --dry-run`);
    expect(dry.stdout).toContain("CREATE INDEX CONCURRENTLY idx_orders_buyer ON public.orders (buyer);");
    expect((await json(`index explain ${one.id}`)).json.recommendation.status).toBe("pending");
    expect((await json(`index apply ${one.id} --lock-timeout 30s`)).json.recommendation).toMatchObject({
      status: "implemented",
    });
    expect((await json(`index apply ${one.id}`)).code).toBe(1);
    expect(await recommend()).toEqual([]);
    expect((await json("index watch")).json.indexes).toMatchObject([{ verdict: "too early", revert: null }]);
    await call("buyer", 30);
    expect(await json("index watch")).toMatchObject({
      code: 0,
      json: { indexes: [{ verdict: "better", revert: null }] },
    });
    await system().sql(
      `UPDATE monitoring.index_recommendations SET watched_statements = (
         SELECT jsonb_object_agg(key, value || jsonb_build_object('totalMs', (value -> 'calls')::FLOAT8 * 0.0001))
         FROM jsonb_each(watched_statements)
       ) WHERE status = 'implemented'`,
    );
    const { code, stdout } = await system().text("index watch");
    expect(code).toBe(1);
    expect(stdout).toContain(`smith index apply ${one.id} --revert`);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
    expect((await json(`index apply ${one.id} --revert`)).json).toMatchObject({
      statements: ["DROP INDEX CONCURRENTLY public.idx_orders_buyer"],
      recommendation: { status: "rejected", decisionReason: "it was built, and reverted" },
    });
    expect(await recommend()).toEqual([]);
    expect((await json(`index apply ${unknownId}`)).code).toBe(8);
  });

  it("usage shows what can go and the statements for it, and drops nothing", async () => {
    await system().sql("CREATE INDEX twin ON public.orders (id)");
    const { json: report } = await json("index usage");
    expect(report).toMatchObject({ since: expect.any(String), hasReplicas: expect.any(Boolean), locked: [] });
    expect(report.indexes.map(({ verdict }: { verdict: string }) => verdict)).not.toContain("unused");
    expect(report.indexes).toContainEqual(
      expect.objectContaining({
        index: "twin",
        verdict: "repeated",
        by: "orders_pkey",
        drop: "DROP INDEX CONCURRENTLY public.twin",
      }),
    );
    expect((await system().text("index usage")).stdout).toContain("DROP INDEX CONCURRENTLY public.twin;");
    expect((await json("index usage --all --limit 1000")).json.indexes.length).toBeGreaterThan(
      report.indexes.length,
    );
    expect(await system().sql("SELECT to_regclass('public.twin') IS NOT NULL AS there")).toEqual([
      { there: true },
    ]);
  });

  it("recommend says what to do where no statements are recorded", async () => {
    await system().sql("DROP EXTENSION pg_stat_statements");
    const { code, stderr } = await system().text("index recommend");
    expect(code).toBe(8);
    expect(stderr).toContain("CREATE EXTENSION pg_stat_statements");
  });
});
