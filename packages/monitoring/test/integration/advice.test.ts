import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { type AdvisedIndex, adviseIndexes } from "../../src/index.ts";

describe.each(clusters())("advice on indexes of PostgreSQL $major", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let client: Client;
  let hasHypopg = false;
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    database = await createDatabase({ primary: { url: testDatabase.url } });
    client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM pg_available_extensions WHERE name = 'hypopg'");
    hasHypopg = rowCount === 1;
    await client.query(`
      CREATE EXTENSION pg_stat_statements;
      CREATE TABLE public.orders (
        id BIGINT PRIMARY KEY, customer_id INT NOT NULL, status TEXT NOT NULL, placed_at TIMESTAMPTZ NOT NULL,
        email TEXT NOT NULL, total NUMERIC NOT NULL, removed_at TIMESTAMPTZ, document JSONB NOT NULL, note TEXT
      ) WITH (fillfactor = 90);
      INSERT INTO public.orders
      SELECT
        i, (i * 7919) % 5000, (ARRAY['new', 'paid', 'sent', 'done'])[1 + i % 4], now() - i * INTERVAL '1 minute',
        'Person' || i % 20000 || '@example.org', i % 1000, CASE WHEN i % 50 = 0 THEN NULL ELSE now() END,
        jsonb_build_object('kind', i % 300, 'tags', ARRAY[i % 17]), repeat('x', 120)
      FROM generate_series(1, 60000) AS i;
      CREATE TABLE public.lines (order_id BIGINT NOT NULL, place INT NOT NULL, article INT NOT NULL, amount INT NOT NULL, words TEXT);
      INSERT INTO public.lines SELECT i / 3, i % 3, (i * 31) % 9000, 1, repeat('y', 60) FROM generate_series(1, 90000) AS i`);
    await client.query("VACUUM ANALYZE public.orders, public.lines");
    await client.query("SELECT pg_stat_force_next_flush()");
  });
  afterEach(async () => {
    const { rows } = await client.query(
      `SELECT format('DROP INDEX public.%I', indexname) AS drop FROM pg_indexes
       WHERE schemaname = 'public' AND tablename IN ('orders', 'lines') AND indexname <> 'orders_pkey'`,
    );
    for (const { drop } of rows) await client.query(drop);
    await client.query("DROP EXTENSION IF EXISTS hypopg");
  });
  afterAll(async () => {
    await database.close();
    await client.end();
    await testDatabase.drop();
  });
  // Of the other versions there are the servers of the npm registry, which have no hypopg.
  const itAsksThePlanner = (title: string, test: (context: TestContext) => Promise<void>) => {
    if (cluster.major === clusters()[0]?.major) it(title, test);
  };
  /** The planner is asked; where nobody has installed hypopg the test says that. */
  async function withHypopg(context: TestContext): Promise<void> {
    if (!hasHypopg) context.skip("this PostgreSQL has no hypopg");
    await client.query("CREATE EXTENSION IF NOT EXISTS hypopg");
  }
  const build = async (indexes: readonly AdvisedIndex[]) => {
    for (const { definition } of indexes) await client.query(definition);
    await client.query("ANALYZE public.orders, public.lines");
  };
  const planOf = async (text: string) =>
    (await client.query("SELECT monitoring.generic_plan($1)->0->'Plan' AS plan", [text])).rows[0].plan;
  const advise = async (texts: readonly string[], calls = 1000) =>
    await adviseIndexes(database, {
      statements: texts.map((text, at) => ({ queryId: String(at + 1), text, calls })),
    });

  itAsksThePlanner(
    "come from what was executed, name both numbers, and hold when the indexes are really built",
    async (context) => {
      await withHypopg(context);
      // What was written to make the tables is no part of what they are judged by.
      await client.query(
        "SELECT pg_stat_reset(), pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)",
      );
      await client.query("ANALYZE public.orders, public.lines");
      for (let n = 0; n < 20; n += 1) {
        await client.query("SELECT * FROM orders WHERE customer_id = $1 AND status = $2", [n, "new"]);
        await client.query(
          "SELECT id, total FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 5",
          [n],
        );
        await client.query(
          "SELECT sum(l.amount) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id = $1",
          [n],
        );
        await client.query("SELECT id FROM orders WHERE lower(email) = $1", ["person1@example.org"]);
      }
      const advice = await adviseIndexes(database);
      expect(advice.indexes.map(({ definition }) => definition).toSorted()).toEqual([
        "CREATE INDEX CONCURRENTLY idx_lines_order_id ON public.lines USING btree (order_id)",
        expect.stringMatching(/ ON public.orders USING btree \(customer_id, placed_at DESC\)$/),
        expect.stringMatching(/ ON public.orders USING btree \(customer_id, status\)$/),
        expect.stringMatching(/idx_orders_email_\w+ ON public.orders USING btree \(\(lower\(email\)\)\)$/),
      ]);
      expect(advice.indexes.every(({ isValidated }) => isValidated)).toBe(true);
      expect(advice.costAfter).toBeLessThan(advice.costBefore / 2);
      await build(advice.indexes);
      for (const { statements, name, costBefore, costAfter } of advice.indexes) {
        expect(costAfter).toBeLessThan(costBefore);
        for (const { text, costBefore: before, costAfter: after } of statements) {
          const plan = await planOf(text);
          expect(JSON.stringify(plan), text).toContain(`"${name}"`);
          expect(plan["Total Cost"]).toBeLessThan(before);
          // Of an expression the planner learns more only by the real index.
          if (!text.includes("lower")) expect(plan["Total Cost"] / after).toBeCloseTo(1, 0);
        }
      }
      expect((await adviseIndexes(database)).indexes).toEqual([]);
    },
  );

  itAsksThePlanner(
    "find orders behind equal values, conditions that leave out most rows, and tables that are joined",
    async (context) => {
      await withHypopg(context);
      const { indexes } = await advise([
        "SELECT * FROM orders WHERE total = $1 ORDER BY placed_at DESC LIMIT 10",
        "SELECT id FROM orders WHERE removed_at IS NULL AND email > $1 AND email < $2",
        "SELECT o.email FROM lines AS l JOIN orders AS o ON o.id = l.order_id WHERE l.article = $1",
        "UPDATE orders SET note = $1 WHERE customer_id = (SELECT max(c.customer_id) FROM orders AS c)",
      ]);
      expect(
        indexes.map(({ table, keys, predicate }) => [table, ...keys, predicate ?? ""].join(" ")).toSorted(),
      ).toEqual([
        "lines article ",
        "orders customer_id ",
        "orders email removed_at IS NULL",
        "orders total placed_at ",
      ]);
      expect(
        indexes.every(({ isValidated, costAfter, costBefore }) => isValidated && costAfter < costBefore),
      ).toBe(true);
      await build(indexes);
      for (const { statements, name } of indexes)
        for (const { text } of statements)
          expect(JSON.stringify(await planOf(text)), text).toContain(`"${name}"`);
    },
  );

  itAsksThePlanner(
    "look into documents and lists with GIN, and say that no planner was asked",
    async (context) => {
      await withHypopg(context);
      const { indexes } = await advise(["SELECT id FROM orders WHERE document @> $1"]);
      expect(indexes).toMatchObject([
        {
          method: "gin",
          keys: ["document"],
          isValidated: false,
          notValidatedBecause: "hypopg knows no indexes of the kind gin",
        },
      ]);
      expect(indexes[0]?.definition).toMatch(/ USING gin \(document jsonb_path_ops\)$/);
      await build(indexes);
      const plan = await planOf("SELECT id FROM orders WHERE document @> $1");
      expect(JSON.stringify(plan)).toContain(`"${indexes[0]?.name}"`);
    },
  );

  it("are estimated where there is no hypopg, say so, and hold when they are built", async () => {
    const texts = [
      "SELECT * FROM orders WHERE customer_id = $1",
      "SELECT o.total FROM lines AS l JOIN orders AS o ON o.id = l.order_id WHERE l.article = $1",
    ];
    const { indexes, hasHypopg } = await advise(texts);
    expect(hasHypopg).toBe(false);
    expect(
      indexes.map(({ keys, isValidated, notValidatedBecause }) => ({
        keys,
        isValidated,
        notValidatedBecause,
      })),
    ).toEqual([
      {
        keys: ["customer_id"],
        isValidated: false,
        notValidatedBecause: "the extension hypopg is not in this database",
      },
      {
        keys: ["article"],
        isValidated: false,
        notValidatedBecause: "the extension hypopg is not in this database",
      },
    ]);
    await build(indexes);
    for (const { statements, name } of indexes)
      for (const { text, costBefore } of statements) {
        const plan = await planOf(text);
        expect(JSON.stringify(plan)).toContain(`"${name}"`);
        expect(plan["Total Cost"]).toBeLessThan(costBefore);
      }
  });

  it("never repeat what an index does that is there, and name those that a wider one replaces", async () => {
    const text = "SELECT * FROM orders WHERE customer_id = $1";
    await client.query("CREATE INDEX there ON orders (customer_id, status)");
    expect((await advise([text])).indexes).toEqual([]);
    await client.query("DROP INDEX there; CREATE INDEX there ON orders (customer_id DESC)");
    expect((await advise([text])).indexes).toEqual([]);
    await client.query("DROP INDEX there; CREATE INDEX there ON orders (customer_id) WHERE total > 5");
    expect((await advise([text])).indexes).toHaveLength(1);
    await client.query("DROP INDEX there; CREATE INDEX there ON orders (status)");
    const { indexes } = await advise(["SELECT id, email FROM orders WHERE status = $1 AND total = $2"]);
    expect(indexes).toMatchObject([{ table: "orders" }]);
  });

  it("weigh what writes pay, lost HOT updates with it, and leave out what is not worth that", async () => {
    const read = { queryId: "1", text: "SELECT id FROM orders WHERE total = $1", calls: 100 };
    const write = (rows: number) => ({
      queryId: "2",
      text: "UPDATE orders SET total = $1 WHERE id = $2",
      calls: rows,
      rows,
    });
    await client.query("SELECT pg_stat_reset()");
    await client.query("UPDATE orders SET note = 'z' WHERE id < 200");
    await client.query("SELECT pg_stat_force_next_flush()");
    const little = await adviseIndexes(database, { statements: [read, write(10)] });
    expect(little.indexes).toMatchObject([{ keys: ["total"] }]);
    const [one] = little.indexes;
    expect(one?.writeCost).toBeGreaterThan(0);
    expect(one?.lostHotUpdates).toBeGreaterThan(0);
    expect(one?.lostHotUpdates).toBeLessThanOrEqual(10);
    const much = await adviseIndexes(database, { statements: [read, write(10_000_000)], minGain: 0 });
    expect(much.indexes).toEqual([]);
  });

  it("stay within the budget, and are the same for the same", async () => {
    const texts = [
      "SELECT * FROM orders WHERE customer_id = $1",
      "SELECT * FROM orders WHERE email = $1",
      "SELECT * FROM lines WHERE article = $1",
    ];
    const statements = texts.map((text, at) => ({ queryId: String(at), text, calls: 100 }));
    const all = await adviseIndexes(database, { statements });
    expect(all.indexes).toHaveLength(3);
    expect(await adviseIndexes(database, { statements })).toEqual(all);
    const sizes = all.indexes.map(({ sizeBytes }) => sizeBytes);
    const budgetBytes = Math.max(...sizes) + 1;
    const some = await adviseIndexes(database, { statements, budgetBytes });
    expect(some.indexes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(budgetBytes);
    expect(some.indexes.length).toBeGreaterThan(0);
    expect((await adviseIndexes(database, { statements, budgetBytes: 0 })).indexes).toEqual([]);
  });

  it("execute nothing, and name what they cannot look at with its reason", async () => {
    await client.query(`
      CREATE TABLE public.traces (a INT);
      CREATE FUNCTION public.leave_trace() RETURNS INT LANGUAGE sql AS 'INSERT INTO public.traces VALUES (1) RETURNING a';
      CREATE TABLE public.gone (a INT)`);
    await client.query("DROP TABLE public.gone");
    const { skipped, indexes } = await advise([
      "SELECT public.leave_trace() FROM orders WHERE customer_id = 7",
      "DELETE FROM orders WHERE customer_id = $1",
      "SELECT * FROM gone WHERE a = $1",
      "SELECT * FROM orders WHERE customer_id = 'cut",
      "ВЫБРАТЬ всё",
      "TRUNCATE orders",
      "SELECT 1; DROP TABLE orders",
    ]);
    expect(indexes).toMatchObject([{ keys: ["customer_id"] }]);
    expect(skipped).toEqual([
      { queryId: "3", reason: expect.stringContaining("gone") },
      { queryId: "4", reason: expect.stringContaining("unterminated") },
      { queryId: "5", reason: expect.stringContaining("syntax error") },
      { queryId: "6", reason: "PostgreSQL makes no plan for such a statement" },
      { queryId: "7", reason: "it holds 2 statements" },
    ]);
    expect((await client.query("SELECT count(*)::INT AS n FROM traces")).rows).toEqual([{ n: 0 }]);
    expect((await client.query("SELECT count(*)::INT AS n FROM orders")).rows).toEqual([{ n: 60_000 }]);
    await client.query("DROP FUNCTION public.leave_trace(); DROP TABLE public.traces");
  });

  it("look at statements whose literals taken out must be mended, and count no time of what they did not look at", async () => {
    await client.query(
      "SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)",
    );
    for (let n = 0; n < 20; n += 1) {
      await client.query(
        `SELECT count(*) FROM orders WHERE placed_at < TIMESTAMPTZ '2001-01-01' AND customer_id = ${n}`,
      );
      await client.query(
        `SELECT date_trunc('day', placed_at), count(*) FROM orders WHERE email = 'p${n}' GROUP BY date_trunc('day', placed_at)`,
      );
      await client.query(`SELECT NULL IS NULL, 'a' || ${n} FROM lines WHERE article = ${n}`);
    }
    const { indexes, skipped, statements, timeShare } = await adviseIndexes(database);
    expect(skipped.filter(({ reason }) => !reason.includes("no plan for such"))).toEqual([]);
    expect(indexes.map(({ keys }) => keys[0]).toSorted()).toEqual(["article", "customer_id", "email"]);
    expect(statements).toBe(3);
    expect(timeShare).toBeLessThan(1);
    const given = ["SELECT * FROM gone WHERE a = $1", "SELECT * FROM orders WHERE email = $1"].map(
      (text, at) => ({
        queryId: String(at),
        text,
        totalMs: at === 0 ? 97 : 3,
      }),
    );
    expect(await adviseIndexes(database, { statements: given })).toMatchObject({
      statements: 1,
      timeShare: 0.03,
    });
    expect(await adviseIndexes(database, { statements: given.slice(0, 1) })).toMatchObject({
      statements: 0,
      timeShare: 0,
    });
  });

  it("read names in other scripts and quoted ones as they are", async () => {
    await client.query(`
      CREATE TABLE public."Заказы" ("Клиент" INT, "order" INT, x TEXT);
      INSERT INTO public."Заказы" SELECT i, i % 3000, repeat('x', 100) FROM generate_series(1, 20000) AS i;
      ANALYZE public."Заказы"`);
    const { indexes } = await advise([
      `SELECT x FROM "Заказы" AS "З" WHERE "З"."Клиент" = $1`,
      `SELECT x FROM public."Заказы" WHERE "order" = $1`,
    ]);
    expect(indexes.map(({ keys }) => keys.join()).toSorted()).toEqual(['"order"', '"Клиент"']);
    await build(indexes);
    await client.query(`DROP TABLE public."Заказы"`);
  });

  it("take the five hundred most costly of ten thousand statements", async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `SELECT 1 AS a${n}`);
    await client.query(
      "SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)",
    );
    for (let at = 0; at < many.length; at += 2_000) await client.query(many.slice(at, at + 2_000).join(";"));
    for (let n = 0; n < 300; n += 1) await client.query("SELECT * FROM orders WHERE customer_id = $1", [n]);
    const { indexes, timeShare } = await adviseIndexes(database);
    expect(indexes).toMatchObject([{ keys: ["customer_id"] }]);
    expect(timeShare).toBeLessThan(1);
    expect(timeShare).toBeGreaterThan(0.1);
  });

  it("leave out what a role may not see, and refuse where nothing is recorded", async () => {
    const role = `looker_${testDatabase.name.replace(/\W/g, "_")}`.slice(0, 60);
    await client.query(`CREATE ROLE ${role} LOGIN; GRANT pg_monitor TO ${role}`);
    const url = new URL(testDatabase.url);
    url.username = role;
    await using limited = await createDatabase({ primary: { url: url.href } });
    const statements = [{ queryId: "1", text: "SELECT * FROM orders WHERE customer_id = $1" }];
    const { skipped, indexes } = await adviseIndexes(limited, { statements });
    expect(indexes).toEqual([]);
    expect(skipped).toEqual([
      { queryId: "1", reason: expect.stringContaining("permission denied for table orders") },
    ]);
    await limited.close();
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.query("DROP EXTENSION pg_stat_statements");
    await expect(adviseIndexes(database)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await client.query("CREATE EXTENSION pg_stat_statements");
    await expect(adviseIndexes(database, { maxKeys: 0 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("maxKeys"),
    });
  });
});
