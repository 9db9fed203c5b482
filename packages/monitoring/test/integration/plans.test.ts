import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  comparePlans,
  createMonitor,
  createPlanCapture,
  dropOldPlans,
  keepPlan,
  listPlans,
  type NewPlan,
  readPlan,
  readPlanBefore,
  statementChanges,
} from "../../src/index.ts";

describe.each(clusters())("plans of PostgreSQL $major", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let client: Client;
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    await client.query(`
      CREATE TABLE public.jobs (id INTEGER, kind TEXT, at TIMESTAMPTZ);
      INSERT INTO public.jobs SELECT n, 'kind ' || n % 100, now() FROM generate_series(1, 20000) AS n;
      ANALYZE public.jobs`);
    database = await createDatabase({ primary: { url: testDatabase.url } });
  });
  beforeEach(async () => {
    await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await client.query("DELETE FROM monitoring.query_plans");
    await reset();
  });
  afterAll(async () => {
    await database.close();
    await client.end();
    await testDatabase.drop();
  });

  /** Of this database alone: others use the server, too. */
  const reset = () =>
    client.query(
      "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()",
    );
  const slow = "SELECT count(*) FROM public.jobs, pg_sleep(0.5) WHERE id = 7";
  const recorded = "SELECT count(*) FROM public.jobs, pg_sleep($1) WHERE id = $2";
  const plans = () => listPlans(database.write, { limit: 100 });

  it("are captured of what took the most time, kept once, and anew when they change, with what went and what came", async () => {
    const capture = createPlanCapture(database, { statements: 1 });
    await client.query(slow);
    const first = await capture.round();
    expect(first.statements).toMatchObject([
      { text: recorded, calls: 1, outcome: "first", previousId: null },
    ]);
    await client.query(slow);
    expect((await capture.round()).statements).toMatchObject([{ text: recorded, calls: 1, outcome: "same" }]);
    const [kept] = await plans();
    expect(kept).toMatchObject({ query_text: recorded, calls: 2n, plan_source: "generic", plans: 1 });
    expect(kept?.seen_at.getTime()).toBeGreaterThan(kept?.captured_at.getTime() ?? 0);

    await client.query("CREATE INDEX jobs_id ON public.jobs (id)");
    await client.query(slow);
    const [changed] = (await capture.round()).statements;
    expect(changed).toMatchObject({ outcome: "changed", previousId: kept?.plan_id });
    const [latest] = await listPlans(database.write, { changed: true, limit: 1 });
    const after = await readPlan(database.write, latest?.plan_id ?? "");
    if (after === null) throw new TypeError("the plan is not on record");
    const before = await readPlanBefore(database.write, after.row);
    expect(before?.row.plan_id).toBe(kept?.plan_id);
    if (before?.plan == null || after.plan === null) throw new TypeError("it is no plan");
    const lines = comparePlans(before.plan, after.plan).map((line) => [line.in, line.label]);
    expect(lines).toContainEqual(["before", "Seq Scan on jobs"]);
    expect(lines.filter(([where]) => where === "after").join()).toContain("jobs_id");
    expect(await readPlanBefore(database.write, before.row)).toBeNull();
    await client.query("DROP INDEX jobs_id");
  });

  it("are captured of the others when one cannot be planned, and the reason is said", async () => {
    await client.query("CREATE TABLE public.short_lived (a INTEGER)");
    await client.query("SELECT count(*), pg_sleep(1) FROM public.short_lived");
    await client.query("DROP TABLE public.short_lived");
    await client.query(slow);
    await client.query("VACUUM public.jobs");
    const { statements } = await createPlanCapture(database).round();
    expect(statements[0]).toMatchObject({
      outcome: "not explained",
      reason: expect.stringContaining("short_lived"),
    });
    expect(statements[1]).toMatchObject({ text: recorded, outcome: "first" });
    expect(statements.some(({ text }) => text.startsWith("VACUUM"))).toBe(false);
  });

  it("are none where statements are not recorded", async () => {
    await client.query("DROP EXTENSION pg_stat_statements");
    const nothing = { isRecorded: false, isReset: false, statements: [] };
    expect(await createPlanCapture(database).round()).toEqual(nothing);
    await using monitor = await createMonitor({ url: testDatabase.url });
    expect(await monitor.countStatements()).toBeNull();
  });

  it("are captured within their bounds of ten thousand statements", async () => {
    const columns = Array.from({ length: 100 }, (_, n) => `c${n} INTEGER`).join(", ");
    await client.query(`CREATE TABLE public.wide (${columns}); SET pg_stat_statements.track = 'all'`);
    await client.query(`DO $$ BEGIN
      FOR a IN 0..99 LOOP FOR b IN 0..99 LOOP
        EXECUTE pg_catalog.format('SELECT c%s FROM public.wide WHERE c%s = 1', a, b);
      END LOOP; END LOOP;
    END $$`);
    await client.query("RESET pg_stat_statements.track");
    await using monitor = await createMonitor({ url: testDatabase.url });
    expect((await monitor.countStatements())?.byQueryId.size).toBeGreaterThan(10_000);
    const { statements } = await createPlanCapture(database, { statements: 7 }).round();
    expect(statements.filter(({ outcome }) => outcome === "first")).toHaveLength(7);
    expect(await plans()).toHaveLength(7);
  });

  it("tell of statements what they did between two moments", async () => {
    await using monitor = await createMonitor({ url: testDatabase.url });
    await client.query(slow);
    const before = await monitor.countStatements();
    await client.query(`${slow} AND kind IS NOT NULL`);
    await client.query(slow);
    const after = await monitor.countStatements();
    if (before === null || after === null) throw new TypeError("statements are not recorded");
    const { statements } = statementChanges(before, after);
    const texts = await monitor.statementTexts(statements.map(({ queryId }) => queryId));
    const ours = statements.filter(({ queryId }) => texts.get(queryId)?.includes("pg_sleep"));
    expect(ours.map(({ calls }) => calls)).toEqual([1, 1]);
    expect(ours.every(({ totalMs }) => totalMs >= 50)).toBe(true);
  });

  const newPlan = (table: string): NewPlan => ({
    queryId: "42",
    text: "SELECT 1",
    plannedText: null,
    plan: [{ Plan: { "Node Type": "Seq Scan", "Relation Name": table } }],
    source: "generic",
    meanMs: 1.5,
    calls: 3,
    totalMs: 4.5,
    stats: {},
  });

  it("are kept once, whoever keeps them at once", async () => {
    const kept = await Promise.all(Array.from({ length: 8 }, () => keepPlan(database, newPlan("a"))));
    expect(kept.filter(({ outcome }) => outcome === "first")).toHaveLength(1);
    expect(kept.filter(({ outcome }) => outcome === "same")).toHaveLength(7);
    expect(await keepPlan(database, newPlan("b"))).toMatchObject({
      outcome: "changed",
      previousId: kept[0]?.planId,
    });
    expect(
      (await listPlans(database.write, { queryId: "42", limit: 10 })).map(({ plans: count }) => count),
    ).toEqual([2, 2]);
    expect(await listPlans(database.write, { queryId: "43", limit: 10 })).toEqual([]);
  });

  it("are on record once for each way, however often a statement goes back to one", async () => {
    const { planId } = await keepPlan(database, newPlan("a"));
    const other = await keepPlan(database, newPlan("b"));
    expect(await keepPlan(database, newPlan("a"))).toEqual({
      outcome: "changed",
      planId,
      previousId: other.planId,
    });
    expect(await keepPlan(database, newPlan("a"))).toEqual({ outcome: "same", planId, previousId: null });
    expect((await plans()).map(({ plan_id: id }) => id)).toEqual([planId, other.planId]);
    const now = await readPlan(database.write, planId);
    if (now === null) throw new TypeError("the plan is not on record");
    expect((await readPlanBefore(database.write, now.row))?.row.plan_id).toBe(other.planId);
  });

  it("are held against one that was captured by hand", async () => {
    await client.query("SELECT monitoring.capture_slow_query_plan('77', 'SELECT id FROM public.jobs', 3)");
    const [byHand] = await plans();
    const row = await readPlan(database.write, byHand?.plan_id ?? "");
    expect(row?.row.plan_shape).toBeNull();
    if (row?.plan == null) throw new TypeError("it is no plan");
    expect(await keepPlan(database, { ...newPlan("a"), queryId: "77", plan: row.plan })).toMatchObject({
      outcome: "same",
      planId: byHand?.plan_id,
    });
  });

  it("are dropped when they were not seen for long, and no earlier", async () => {
    await keepPlan(database, newPlan("a"));
    expect(await dropOldPlans(database.write, 60_000)).toBe(0);
    await client.query("UPDATE monitoring.query_plans SET seen_at = now() - INTERVAL '2 minutes'");
    expect(await dropOldPlans(database.write, 60_000)).toBe(1);
  });
});
