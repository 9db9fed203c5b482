import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada, fixtures, insert } from "../support/constraint-cases.ts";
import { allKinds, enabledKinds, forgetEvents } from "../support/events.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

describe.each(clusters())("the outbox on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const enable = (...kinds: string[]) => value(client(), "SELECT sync.enable_events(VARIADIC $1)", [kinds]);
  const disable = (...kinds: string[]) => value(client(), "SELECT sync.disable_events(VARIADIC $1)", [kinds]);
  const write = (key: string) =>
    client().query(insert("agents.state", { agent_id: ada, state_key: `'${key}'`, state_value: "'1'" }));

  const dayOf = (days: number) => `(now() AT TIME ZONE 'UTC')::DATE - ${days}`;
  /** An event of so many days ago, at noon of UTC; returns its number. */
  const event = (days: number, on = client()) =>
    value(
      on,
      `WITH e AS (
         INSERT INTO sync.outbox (occurred_at, kind, operation, aggregate, payload)
         VALUES ((${dayOf(days)} + TIME '12:00') AT TIME ZONE 'UTC', 'state', 'put', 'a', '{}')
         RETURNING event_id, occurred_at
       )
       INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT event_id, occurred_at FROM e RETURNING event_id`,
    );
  const publish = (id: unknown) =>
    client().query("DELETE FROM sync.outbox_pending WHERE event_id = $1", [id]);
  const partitionOf = (days: number) =>
    client().query(`SELECT partitions.create_time_partition('sync.outbox', ${dayOf(days)})`);
  const drop = (keep: string, on = client()) => value(on, "SELECT sync.drop_published($1)", [keep]);
  /** How many days ago each partition that has ended began. */
  const past = () =>
    column(
      client(),
      `SELECT (now() AT TIME ZONE 'UTC')::DATE - (lower_bound AT TIME ZONE 'UTC')::DATE
       FROM partitions.list WHERE parent_table = 'outbox' AND upper_bound <= now() ORDER BY 1`,
    );

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("ROLLBACK; DELETE FROM agents.state");
    await forgetEvents(client());
  });

  it("stays empty after the migration, until somebody switches events on", async () => {
    expect(
      await column(
        client(),
        "SELECT kind || ' ' || table_name || ' ' || enabled FROM sync.event_sources ORDER BY 1",
      ),
    ).toEqual([
      "config agents.registry false",
      "heartbeat agents.registry false",
      "lifecycle agents.lifecycle_events false",
      "message messages.log false",
      "session sessions.active false",
      "state agents.state false",
      "task tasks.queue false",
    ]);
    await write("a");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sync.outbox")).toBe(0);
  });

  it("is fed by the kinds that are switched on, and by those alone", async () => {
    expect(await enable("state", "heartbeat")).toBe(4);
    expect(await enable("state", "heartbeat")).toBe(0);
    expect(await enabledKinds(client())).toEqual(["heartbeat", "state"]);
    await write("a");
    await client().query("UPDATE agents.registry SET last_heartbeat = now(), configuration = '{\"a\": 1}'");
    expect(
      await column(
        client(),
        "SELECT kind || ' ' || pending || ' ' || parked FROM sync.outbox_backlog ORDER BY 1",
      ),
    ).toEqual(["heartbeat 2 0", "state 1 0"]);

    expect(await disable("state")).toBe(3);
    await write("b");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sync.outbox WHERE kind = 'state'")).toBe(1);
    expect(await enable(...allKinds)).toBe(13);
    expect(await enabledKinds(client())).toEqual(allKinds);
    expect(await disable(...allKinds)).toBe(14);
    expect(await enabledKinds(client())).toEqual([]);
  });

  it.each([
    ["enable", "'state', 'gossip'", "gossip"],
    ["disable", "NULL", "NULL"],
  ])("has no other kinds: %s_events(%s) is refused", async (verb, kinds, named) => {
    expect(await refusalOf(client().query(`SELECT sync.${verb}_events(${kinds})`))).toMatchObject({
      code: "22023",
      message: expect.stringContaining(named),
    });
    expect(await enabledKinds(client())).toEqual([]);
  });

  it("is switched while others write: none of them waits for long, and nothing waits when nothing differs", async () => {
    const [writer, operator, application] = await Promise.all([
      database().connect(),
      database().connect(),
      database().connect({ statement_timeout: 5000 }),
    ]);
    await writer.query("BEGIN");
    await writer.query(insert("agents.state", { agent_id: ada, state_key: "'long'", state_value: "'1'" }));
    const backend = await backendOf(operator);
    const switched = operator.query("SELECT sync.enable_events('state') AS triggers");
    for (let round = 0; round < 5; round += 1) {
      await untilWaiting(client(), backend);
      await application.query(
        insert("agents.state", { agent_id: ada, state_key: `'short ${round}'`, state_value: "'1'" }),
      );
    }
    await writer.query("COMMIT");
    expect((await switched).rows).toEqual([{ triggers: 3 }]);

    await writer.query("BEGIN; UPDATE agents.state SET version = 2");
    await operator.query("SET statement_timeout = '5s'");
    expect((await operator.query("SELECT sync.enable_events('state') AS triggers")).rows).toEqual([
      { triggers: 0 },
    ]);
    await writer.query("ROLLBACK");
    await disable("state");
  });

  it("drops whole days that are old enough and of which nothing is pending, and no others", async () => {
    for (const days of [12, 10, 9, 8, 7]) await partitionOf(days);
    const [published, waiting, parked] = [await event(10), await event(9), await event(12)];
    await event(0);
    // Of a day that has no partition: in the default one.
    await event(40);
    await publish(published);
    await client().query("UPDATE sync.outbox_pending SET parked_at = now() WHERE event_id = $1", [parked]);
    expect(await past()).toEqual([1, 7, 8, 9, 10, 12]);

    expect(await drop("7 days")).toBe(2);
    expect(await past()).toEqual([1, 7, 9, 12]);
    expect(await drop("7 days")).toBe(0);
    await publish(waiting);
    await publish(parked);
    expect(await drop("30 days")).toBe(0);
    expect(await drop("7 days")).toBe(2);
    expect(await past()).toEqual([1, 7]);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sync.outbox")).toBe(2);
    expect(await drop("0")).toBe(2);
    expect(await past()).toEqual([]);
  });

  it("drops no day of which a transaction adds an event that is not committed yet", async () => {
    await partitionOf(9);
    const [late, upkeep] = [await database().connect(), await database().connect()];
    await late.query("BEGIN");
    await event(9, late);
    const backend = await backendOf(upkeep);
    const dropped = drop("7 days", upkeep);
    await untilWaiting(client(), backend);
    await late.query("COMMIT");
    expect(await dropped).toBe(0);
    expect(await past()).toEqual([9]);
  });

  it("is not dropped by the upkeep of partitions, which makes its days ahead and moves what has no day yet", async () => {
    await partitionOf(60);
    await event(50);
    const { rows } = await client().query("SELECT * FROM partitions.maintain('sync.outbox')");
    expect(rows).toMatchObject([{ moved_rows: "1", dropped: 0, purged_rows: "0", default_rows: "0" }]);
    expect(await past()).toEqual(expect.arrayContaining([50, 60]));
    await event(0);
    expect(
      await column(
        client(),
        "SELECT event_id::INTEGER FROM sync.outbox_pending JOIN sync.outbox USING (event_id, occurred_at)",
      ),
    ).toHaveLength(2);
    expect(await drop("7 days")).toBeGreaterThan(0);
    expect(await past()).toEqual(expect.arrayContaining([50]));
  });

  it("gives each event an id of its own, which tells its time, whatever the seed of random() is", async () => {
    const seconds = "EXTRACT(epoch FROM clock_timestamp())";
    const begun = Number(await value(client(), `SELECT ${seconds}`));
    await client().query("BEGIN");
    for (let round = 0; round < 20; round += 1) {
      await client().query("SELECT setseed(0.5)");
      await event(0);
    }
    await client().query("COMMIT");
    await client().query(`
      INSERT INTO sync.outbox (kind, operation, aggregate, payload)
      SELECT 'state', 'put', 'a', '{}' FROM generate_series(1, 20000)`);
    const ended = Number(await value(client(), `SELECT ${seconds}`));

    const ids = await column(client(), "SELECT event_uuid::TEXT FROM sync.outbox ORDER BY event_id");
    expect(new Set(ids).size).toBe(20_020);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const times = ids.map((id) => Number.parseInt(String(id).replaceAll("-", "").slice(0, 12), 16) / 1000);
    expect(Math.min(...times)).toBeGreaterThan(begun - 0.002);
    expect(Math.max(...times)).toBeLessThan(ended + 0.002);
  });

  it.each([
    ["a negative time", "SELECT sync.drop_published('-1 second')", "22023"],
    ["no time", "SELECT sync.drop_published(NULL)", "22023"],
    [
      "a snapshot that is older",
      "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT sync.drop_published('7 days')",
      "25000",
    ],
  ])("refuses to drop what was published for %s", async (_, sql, code) => {
    expect(await refusalOf(client().query(sql))).toMatchObject({ code });
  });

  it("counts what waits, what is parked, and since when", async () => {
    const [first] = [await event(0), await event(0)];
    await client().query(
      "UPDATE sync.outbox_pending SET parked_at = now(), attempts = 7 WHERE event_id = $1",
      [first],
    );
    const oldest = await value(client(), "SELECT min(occurred_at) FROM sync.outbox_pending");
    expect((await client().query("SELECT * FROM sync.outbox_backlog")).rows).toEqual([
      { kind: "state", pending: "1", parked: "1", oldest },
    ]);
  });
});

/** The encoding of the key rule, by its words. */
function encoded(text: string, dots: boolean): string {
  const bytes = [...Buffer.from(text, "utf8")];
  return bytes
    .map((byte, place) => {
      const char = String.fromCharCode(byte);
      if (/[A-Za-z0-9_\-/]/.test(char)) return char;
      const beside = [bytes[place - 1], bytes[place + 1]];
      if (dots && char === "." && beside.every((other) => other !== undefined && other !== byte)) return char;
      return `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

describe.each(clusters())("the encoding of subjects on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const pieces = [
    "a",
    "Z",
    "0",
    "_",
    "-",
    "/",
    ".",
    "..",
    " ",
    "=",
    "*",
    ">",
    "$",
    "%",
    "ä",
    "€",
    "😀",
    "\n",
    "\u0001",
  ];
  const examples = [
    ...[
      "",
      "plan",
      "a.b",
      ".a",
      "a.",
      "a..b",
      ".",
      "ä.b",
      "a.ä",
      "k=2E",
      "tasks/7",
      "日本.語",
      "a.b.c",
      "a...b.c",
    ],
    ...pieces.flatMap((one) =>
      pieces.flatMap((two) => [`${one}${two}`, `x${one}.${two}y`, `${one}.${two}.`]),
    ),
  ];

  it("is the documented one, for tokens and for keys", async () => {
    const { client } = database();
    expect(
      await column(client, "SELECT sync.subject_token(t) FROM unnest($1::TEXT[]) AS t", [examples]),
    ).toEqual(examples.map((text) => encoded(text, false)));
    expect(
      await column(client, "SELECT sync.encode_key(t) FROM unnest($1::TEXT[]) AS t", [examples]),
    ).toEqual(examples.map((text) => encoded(text, true)));
  });

  it("gives no two texts one name", async () => {
    const texts = [...new Set(examples)];
    for (const name of ["subject_token", "encode_key"])
      expect(
        await value(
          database().client,
          `SELECT count(DISTINCT sync.${name}(t))::INTEGER FROM unnest($1::TEXT[]) AS t`,
          [texts],
        ),
      ).toBe(texts.length);
  });
});
