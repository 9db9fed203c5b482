import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

const inPartitions = "SELECT tableoid::REGCLASS::TEXT FROM agents.lifecycle_events ORDER BY created_at";

describe.each(clusters())("partitions by time on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  /** Events so many days from today, by the clock of UTC, at noon. */
  const events = (...days: number[]) =>
    client().query(
      `INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at)
       SELECT ${ada}, 'e', (((now() AT TIME ZONE 'UTC')::DATE + d) + TIME '12:00') AT TIME ZONE 'UTC'
       FROM unnest($1::INTEGER[]) AS d`,
      [days],
    );
  const eventAt = (moment: string) =>
    client().query(
      `INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at) VALUES (${ada}, 'e', $1)`,
      [moment],
    );
  const maintain = () => client().query("SELECT * FROM partitions.maintain('agents.lifecycle_events')");
  const partitionsOf = (...days: number[]) =>
    column(
      client(),
      `SELECT 'agents.lifecycle_events_' || to_char((now() AT TIME ZONE 'UTC')::DATE + d, 'YYYY_MM_DD')
       FROM unnest($1::INTEGER[]) WITH ORDINALITY AS t (d, nr) ORDER BY nr`,
      [days],
    );
  const names = (pattern: string) =>
    column(client(), "SELECT partition_name FROM partitions.list WHERE partition_name LIKE $1 ORDER BY 1", [
      pattern,
    ]);

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("ROLLBACK; DROP TABLE IF EXISTS agents.note; DELETE FROM agents.lifecycle_events");
  });

  it("exist for yesterday, today and tomorrow after the migration, with a default beside them", async () => {
    expect(
      await column(
        client(),
        `SELECT parent_schema || '.' || parent_table || ' ' || count(*) || ' ' || sum(is_default::INTEGER)
         FROM partitions.list WHERE strategy = 'range' GROUP BY parent_schema, parent_table ORDER BY 1`,
      ),
    ).toEqual(["agents.lifecycle_events 4 1", "messages.log 4 1", "sync.outbox 4 1", "tasks.executions 4 1"]);
  });

  it("are found where the moment belongs by the clock of UTC, whatever the session's zone", async () => {
    const other = await database().connect({ options: "-c timezone=Pacific/Auckland -c datestyle=German" });
    await other.query("SELECT partitions.create_time_partition('messages.log', '2031-05-06')");
    expect(
      await value(client(), "SELECT bounds FROM partitions.list WHERE partition_name = 'log_2031_05_06'"),
    ).toBe("FOR VALUES FROM ('2031-05-06 00:00:00+00') TO ('2031-05-07 00:00:00+00')");
  });

  it("are created once, and named again at the second time", async () => {
    const create = () =>
      value(client(), "SELECT partitions.create_time_partition('tasks.executions', '2031-05-01', '1 month')");
    expect(await create()).toBe("tasks.executions_2031_05_01");
    expect(await create()).toBe("tasks.executions_2031_05_01");
    expect(await names("executions_2031%")).toEqual(["executions_2031_05_01"]);
  });

  it("have the indexes, keys, defaults and triggers of their table", async () => {
    await client().query("SELECT partitions.create_time_partition('messages.log', '2031-01-01')");
    await client().query(
      `INSERT INTO messages.log (message_type, to_agent_id, sent_at) VALUES ('query', ${ada}, '2031-01-01 10:00+00')`,
    );
    const count = (of: string, table: string) =>
      value(client(), `SELECT count(*)::INTEGER FROM ${of} = '${table}'::REGCLASS`);
    for (const of of [
      "pg_index WHERE indrelid",
      // Those for whole statements fire for the table that a statement names, so partitions need none.
      "pg_trigger WHERE NOT tgisinternal AND tgtype & 1 = 1 AND tgrelid",
      "pg_constraint WHERE contype IN ('c', 'p', 'f') AND conrelid",
    ]) {
      expect(await count(of, "messages.log_2031_01_01")).toBe(await count(of, "messages.log"));
    }
    expect(await value(client(), "SELECT tableoid::REGCLASS::TEXT FROM messages.log")).toBe(
      "messages.log_2031_01_01",
    );
  });

  it("take over what waited in the default partition, and lose nothing", async () => {
    await events(-5, -5, 3, 20);
    const before = await column(client(), "SELECT e::TEXT FROM agents.lifecycle_events AS e ORDER BY 1");
    expect(new Set(await column(client(), inPartitions))).toEqual(
      new Set(["agents.lifecycle_events_default"]),
    );

    const { rows } = await maintain();
    expect(rows).toMatchObject([{ moved_rows: "4", dropped: 0, purged_rows: "0" }]);
    expect(await column(client(), inPartitions)).toEqual(await partitionsOf(-5, -5, 3, 20));
    expect(await column(client(), "SELECT e::TEXT FROM agents.lifecycle_events AS e ORDER BY 1")).toEqual(
      before,
    );
    expect((await maintain()).rows).toMatchObject([
      { created: 0, moved_rows: "0", dropped: 0, purged_rows: "0" },
    ]);
  });

  it.each([
    ["infinity", 131],
    ["294276-12-31 23:00+00", 132],
    ["10000-01-01 00:00+00", 133],
  ])(
    "leave an event of %s in the default partition, say so, and go on with the others",
    async (moment, day) => {
      await eventAt(moment);
      await events(day);
      expect((await maintain()).rows).toMatchObject([{ moved_rows: "1", default_rows: "1" }]);
      expect(await column(client(), inPartitions)).toEqual([
        ...(await partitionsOf(day)),
        "agents.lifecycle_events_default",
      ]);
    },
  );

  it("give no partition to the days before the year 1, whose names would be those of other days", async () => {
    for (const moment of [
      "-infinity",
      "0044-03-15 12:00+00 BC",
      "0001-12-31 23:00+00 BC",
      "0001-01-01 00:00+00",
    ])
      await eventAt(moment);
    await client().query("BEGIN");
    const { rows } = await client().query(
      "SELECT moved_rows, default_rows FROM partitions.manage('agents.lifecycle_events', NULL, 0)",
    );
    expect(rows).toEqual([{ moved_rows: "1", default_rows: "3" }]);
    expect((await column(client(), inPartitions)).at(-1)).toBe("agents.lifecycle_events_0001_01_01");
    await client().query("ROLLBACK");
  });

  it("never change the time of a row that lies where others are put aside", async () => {
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events ON UPDATE CASCADE)`);
    await events(102);
    await client().query(
      `INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at)
       SELECT ${ada}, 'far', created_at + INTERVAL '36524250 days' FROM agents.lifecycle_events`,
    );
    const before = await column(client(), "SELECT e::TEXT FROM agents.lifecycle_events AS e ORDER BY 1");
    expect((await maintain()).rows).toMatchObject([{ moved_rows: "1", default_rows: "1" }]);
    expect(await column(client(), "SELECT e::TEXT FROM agents.lifecycle_events AS e ORDER BY 1")).toEqual(
      before,
    );
    await client().query("DROP TABLE agents.note");
  });

  it("are dropped when they end before the retention, and only then", async () => {
    await client().query(
      "SELECT partitions.create_time_partition('agents.lifecycle_events', (now() AT TIME ZONE 'UTC')::DATE - 90, '10 days')",
    );
    for (const days of [31, 30, 29]) {
      await client().query(
        "SELECT partitions.create_time_partition('agents.lifecycle_events', (now() AT TIME ZONE 'UTC')::DATE - $1::INTEGER)",
        [days],
      );
    }
    await client().query(
      "SELECT partitions.create_time_partition('agents.lifecycle_events', (now() AT TIME ZONE 'UTC')::DATE - 60, '29 days')",
    );
    await events(-85, -40, -31, -30, -29, -61);

    expect((await maintain()).rows).toMatchObject([{ dropped: 3, purged_rows: "1" }]);
    expect(await column(client(), inPartitions)).toEqual(await partitionsOf(-30, -29));
  });

  it("stay when the retention says so, and a partition that reaches into it is never dropped", async () => {
    await client().query(
      "SELECT partitions.create_time_partition('messages.log', (now() AT TIME ZONE 'UTC')::DATE - 50, '25 days')",
    );
    await client().query("SELECT partitions.manage_time_partitions('messages.log', NULL)");
    await client().query("SELECT partitions.manage_time_partitions('messages.log')");
    const wide = await value(
      client(),
      "SELECT to_regclass('messages.log_' || to_char((now() AT TIME ZONE 'UTC')::DATE - 50, 'YYYY_MM_DD'))::TEXT",
    );
    expect(wide).not.toBeNull();
    await client().query("SELECT partitions.manage_time_partitions('messages.log', 25)");
    expect(await value(client(), "SELECT to_regclass($1)", [wide])).toBeNull();
  });

  it("wait for a run that is under way, and then find nothing left to do", async () => {
    const [first, second] = [await database().connect(), await database().connect()];
    await events(9, 10);
    await first.query("BEGIN");
    const { rows } = await first.query(
      "SELECT moved_rows FROM partitions.maintain('agents.lifecycle_events')",
    );
    expect(rows).toEqual([{ moved_rows: "2" }]);
    const waiting = second.query(
      "SELECT created, moved_rows FROM partitions.maintain('agents.lifecycle_events')",
    );
    await untilWaiting(client(), await backendOfWaiting());
    await first.query("COMMIT");
    expect((await waiting).rows).toEqual([{ created: 0, moved_rows: "0" }]);

    async function backendOfWaiting(): Promise<number> {
      for (;;) {
        const pid = await value(
          client(),
          "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        if (typeof pid === "number") return pid;
      }
    }
  });

  it("are right after eight runs at once, with writers beside them", async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => database().connect()));
    const writer = await database().connect();
    const written = (async () => {
      for (let day = -10; day <= 20; day++) {
        await writer.query(
          `INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at) VALUES (${ada}, 'w', now() + $1::INTEGER * INTERVAL '1 day')`,
          [day],
        );
      }
    })();
    await Promise.all([
      ...runs.map((run) => run.query("SELECT partitions.maintain('agents.lifecycle_events')")),
      written,
    ]);
    await maintain();
    expect(await value(client(), "SELECT count(*)::INTEGER FROM agents.lifecycle_events")).toBe(31);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM agents.lifecycle_events_default")).toBe(0);
  });

  it("are kept up for the other tables when the upkeep of one fails, which is reported in its row", async () => {
    const other = await database().connect();
    await events(141);
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        CONSTRAINT note_of_event FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events);
      INSERT INTO messages.log (message_type, sent_at)
      VALUES ('heartbeat', ((now() AT TIME ZONE 'UTC')::DATE + 141)::TIMESTAMP AT TIME ZONE 'UTC');
      INSERT INTO partitions.settings (schema_name, table_name) VALUES ('agents', 'gone')`);
    const warnings: (string | undefined)[] = [];
    other.on("notice", ({ severity, message }) => warnings.push(`${severity} ${message}`));
    const { rows } = await other.query("SELECT table_name, moved_rows, error FROM partitions.maintain()");
    await client().query("DELETE FROM partitions.settings WHERE table_name = 'gone'");

    expect(rows).toEqual([
      {
        table_name: "agents.gone",
        moved_rows: "0",
        error: expect.stringMatching(/agents\.gone.* \(42P01\)$/),
      },
      {
        table_name: "agents.lifecycle_events",
        moved_rows: "0",
        error: expect.stringMatching(/note_of_event.* \(55000\)$/),
      },
      { table_name: "messages.log", moved_rows: "1", error: null },
      { table_name: "sync.outbox", moved_rows: "0", error: null },
      { table_name: "tasks.executions", moved_rows: "0", error: null },
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^WARNING the upkeep of agents\.gone failed: /),
      expect.stringMatching(/^WARNING the upkeep of agents\.lifecycle_events failed: .*note_of_event/),
    ]);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM messages.log_default")).toBe(0);
  });

  it("do not make the application wait while they wait for it themselves", async () => {
    const [reader, upkeep, application] = await Promise.all([
      database().connect(),
      database().connect(),
      database().connect({ statement_timeout: 5000 }),
    ]);
    await reader.query("BEGIN");
    await reader.query(`INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES (${ada}, 'long')`);
    const backend = await backendOf(upkeep);
    const created = upkeep.query(
      "SELECT partitions.create_time_partition('agents.lifecycle_events', '2032-01-01')",
    );
    for (let round = 0; round < 20; round++) {
      await untilWaiting(client(), backend);
      await application.query(
        `INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES (${ada}, 'short')`,
      );
    }
    await reader.query("COMMIT");
    await created;
    expect(await names("lifecycle_events_2032%")).toEqual(["lifecycle_events_2032_01_01"]);
  });

  it("move a row that a foreign key points at, and the key follows", async () => {
    await events(101);
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events ON DELETE CASCADE ON UPDATE CASCADE);
      INSERT INTO agents.note SELECT event_id, created_at FROM agents.lifecycle_events`);
    const before = await column(client(), "SELECT n::TEXT FROM agents.note AS n");
    await maintain();
    expect(await column(client(), "SELECT n::TEXT FROM agents.note AS n")).toEqual(before);
    expect(await column(client(), inPartitions)).toEqual(await partitionsOf(101));
    expect(
      await refusalOf(client().query("UPDATE agents.note SET created_at = now() - INTERVAL '1 year'")),
    ).toMatchObject({ code: "23503" });
    await client().query("DROP TABLE agents.note");
  });

  it("move nothing that a foreign key points at which does not follow, and say which key it is", async () => {
    await events(100);
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        CONSTRAINT note_of_event FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events ON DELETE CASCADE);
      INSERT INTO agents.note SELECT event_id, created_at FROM agents.lifecycle_events`);
    const refusal = await refusalOf(maintain());
    expect(refusal).toMatchObject({ code: "55000", message: expect.stringContaining("note_of_event") });
    expect(await value(client(), "SELECT count(*)::INTEGER FROM agents.note")).toBe(1);
    expect(await column(client(), inPartitions)).toEqual(["agents.lifecycle_events_default"]);
    await client().query("DROP TABLE agents.note");
  });

  it("keep an old partition whose rows are still referred to, and lose nothing", async () => {
    await client().query(
      "SELECT partitions.create_time_partition('agents.lifecycle_events', (now() AT TIME ZONE 'UTC')::DATE - 45)",
    );
    await events(-45);
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events DEFERRABLE);
      INSERT INTO agents.note SELECT event_id, created_at FROM agents.lifecycle_events`);
    expect(await refusalOf(maintain())).toMatchObject({ code: "23503" });
    expect(await column(client(), inPartitions)).toEqual(await partitionsOf(-45));
    await client().query("DROP TABLE agents.note");
    expect((await maintain()).rows).toMatchObject([{ dropped: 1 }]);
  });

  it.each([
    [
      "a table that is not looked after",
      "SELECT partitions.create_time_partition('plain', '2030-01-01')",
      "55000",
    ],
    ["a table that is not partitioned by time", "SELECT partitions.maintain('agents.state')", "42809"],
    [
      "an interval of hours",
      "SELECT partitions.create_time_partition('messages.log', '2030-01-01', '6 hours')",
      "22023",
    ],
    [
      "a negative interval",
      "SELECT partitions.create_time_partition('messages.log', '2030-01-01', '-1 day')",
      "22023",
    ],
    ["no day", "SELECT partitions.create_time_partition('messages.log', NULL)", "22023"],
    ["a day that is none", "SELECT partitions.create_time_partition('messages.log', 'infinity')", "22023"],
    [
      "a day before the year 1",
      "SELECT partitions.create_time_partition('messages.log', '0044-03-15 BC')",
      "22023",
    ],
    [
      "a day after the year 9999",
      "SELECT partitions.create_time_partition('messages.log', '10000-01-01')",
      "22023",
    ],
    [
      "the last day there is",
      "SELECT partitions.create_time_partition('messages.log', '5874897-12-31')",
      "22023",
    ],
    [
      "an interval that ends after the year 9999",
      "SELECT partitions.create_time_partition('messages.log', '2030-01-01', '8000 years')",
      "22023",
    ],
    ["a negative retention", "SELECT partitions.manage_time_partitions('messages.log', -1)", "22023"],
    [
      "more days ahead than a year",
      "SELECT partitions.manage_time_partitions('messages.log', 30, 1000)",
      "22023",
    ],
    [
      "a name that something else has",
      "SELECT partitions.create_time_partition('messages.log', '2033-01-01')",
      "42P07",
    ],
    [
      "a range that overlaps another",
      "SELECT partitions.create_time_partition('messages.log', now()::DATE, '3 days')",
      "42P07",
    ],
  ])("refuse %s", async (_, sql, code) => {
    await client().query("BEGIN");
    await client().query("CREATE TABLE public.plain (at TIMESTAMPTZ) PARTITION BY RANGE (at)");
    await client().query("CREATE TABLE messages.log_2033_01_01 (x INTEGER)");
    expect(await refusalOf(client().query(sql))).toMatchObject({ code });
    await client().query("ROLLBACK");
  });
});
