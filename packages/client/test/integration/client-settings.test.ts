import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/index.ts";
import { schemaTemplate } from "../support/client-database.ts";
import { noPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { any, text } from "../support/server-pools.ts";

const later = new Date("2126-03-04T05:06:07.089Z");

describe.each(clusters())("settings of the database itself on PostgreSQL $major", (cluster) => {
  let database: TestDatabase | undefined;
  let db: Database | undefined;

  beforeAll(async () => {
    database = await createTestDatabase({ cluster, template: schemaTemplate });
    const preparing = await createDatabase({ primary: { url: database.url, min: 0 } });
    await preparing.write.query(any`
      DO $do$
      DECLARE
        setting TEXT;
      BEGIN
        FOREACH setting IN ARRAY ARRAY[
          'DateStyle = ''SQL, DMY''', 'IntervalStyle = ''sql_standard''', 'array_nulls = off', 'extra_float_digits = -10'
        ] LOOP
          EXECUTE pg_catalog.format('ALTER DATABASE %I SET %s', pg_catalog.current_database(), setting);
        END LOOP;
      END
      $do$`);
    await preparing.close();
    db = await createDatabase({ primary: { url: database.url, max: 2, min: 0 } });
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });

  const on = () => {
    if (db === undefined) throw new Error("the database is there only while tests run");
    return db;
  };

  /** Times, and an array with a NULL, there and back. */
  async function expectWork(client: Database): Promise<void> {
    const { agentId, createdAt } = await client.agents.register({ agentType: "w", agentName: "n" });
    expect(createdAt).toBeInstanceOf(Date);
    await client.state.put({ agentId, stateKey: "k", stateValue: 1, expiresAt: later });
    expect(await client.state.get({ agentId, stateKey: "k" })).toMatchObject({ expiresAt: later });
    const taskType = `of ${agentId}`;
    await client.tasks.enqueue({ taskType, expiresAt: later });
    const [task] = await client.tasks.claim({ agentId, taskTypes: [taskType] });
    expect(task).toMatchObject({
      expiresAt: later,
      runAt: expect.any(Date),
      leaseExpiresAt: expect.any(Date),
    });
    if (task === undefined) return;
    const [outcome] = await client.tasks.fail([{ ...task, message: "again" }]);
    expect(outcome).toMatchObject({ scheduledAt: expect.any(Date) });
  }

  /** What the driver makes of values of its types. */
  const read = (client: Database) =>
    client.write.one(any`
      SELECT
        '2026-03-04 05:06:07.089+00'::TIMESTAMPTZ AS "time", INTERVAL '1 day 2 hours' AS "interval",
        0.1::DOUBLE PRECISION + 0.2::DOUBLE PRECISION AS "number", '{1,NULL}'::INT[] AS "array"`);

  const values = {
    time: new Date("2026-03-04T05:06:07.089Z"),
    interval: expect.objectContaining({ days: 1, hours: 2 }),
    number: 0.1 + 0.2,
    array: [1, null],
  };

  it("are not met by what is read and written: times, intervals, all digits of a number, NULL in an array", async () => {
    await expectWork(on());
    expect(await read(on())).toEqual(values);
  });

  it("are not met after a reset of the session either", async () => {
    await on().write.query(any`SET DateStyle = 'German'`);
    await on().write.query(any`RESET ALL`);
    await expectWork(on());
    expect(await read(on())).toEqual(values);
  });

  it("keep the order of days and months in what a statement of one's own writes", async () => {
    const order = text`SELECT pg_catalog.current_setting('DateStyle') AS value`;
    expect(await on().write.oneFirst(order)).toBe("ISO, DMY");
    expect(await on().write.oneFirst(text`SELECT '03/04/2026'::DATE::TEXT AS value`)).toBe("2026-04-03");
  });

  it("are told of when a transaction sets how times are written and then claims", async () => {
    const { agentId } = await on().agents.register({ agentType: "w", agentName: "l" });
    await on().tasks.enqueue({ taskType: "styled" });
    const claim = on().transaction(async (tx) => {
      await tx.query(any`SET LOCAL DateStyle = 'German'`);
      return await tx.tasks.claim({ agentId, taskTypes: ["styled"] });
    });
    await expect(claim).rejects.toMatchObject({
      code: "UNEXPECTED_ROW",
      hint: expect.stringContaining("DateStyle"),
    });
  });

  it.skipIf(noPgBouncer !== undefined)(
    "are not met by times behind PgBouncer in transaction mode",
    async () => {
      await using bouncer = await startPgBouncer(database?.url ?? "");
      await using client = await createDatabase({
        primary: { url: bouncer.url, transactionPooling: true, min: 0, max: 6 },
      });
      await Promise.all(Array.from({ length: 4 }, () => expectWork(client)));
    },
  );
});
