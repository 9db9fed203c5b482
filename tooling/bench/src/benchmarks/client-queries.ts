import { createDatabase, type Queryable, sql } from "@mister-smith/client";
import type { EmbeddedPostgres } from "@mister-smith/embedded";
import postgres from "postgres";
import { z } from "zod";
import type { Benchmark, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { quietPool } from "../queues/quiet-pool.ts";
import { versionOf } from "../queues/version-of.ts";
import { connect, serverFacts, withDatabase, withPostgres } from "../server.ts";

const connections = 10;
const callers = 10;
const queries = 20_000;
const rows = 10_000;
const rounds = 9;

/** What a typed, parsed query costs on top of the driver. */
export const clientQueries: Benchmark = {
  name: "client-queries",
  summary: "single-row queries a second against pg and postgres",
  run: (bench) =>
    withPostgres(async (server) => {
      bench.conditions({
        ...serverFacts(server),
        query: `one row of three columns (integer, text, 300 bytes of jsonb) of ${rows} by primary key`,
        load: `${callers} callers, each with one query at a time, ${connections} connections a side`,
      });
      await withDatabase(server, "bench_queries", async (url) => {
        await prepare(server, url);
        await using sides = await open(url);
        await bench.measure({
          name: "one row by primary key",
          unit: "queries/s",
          amount: queries,
          rounds,
          subjects: sides.subjects,
        });
      });
    }),
};

async function prepare(server: EmbeddedPostgres, url: string): Promise<void> {
  const client = await connect(server, new URL(url).pathname.slice(1));
  await client.query(
    "CREATE TABLE item (id integer PRIMARY KEY, name text NOT NULL, payload jsonb NOT NULL)",
  );
  await client.query(
    `INSERT INTO item
     SELECT id, 'item ' || id, jsonb_build_object('id', id, 'text', repeat('x', 280))
     FROM generate_series(1, $1) AS id`,
    [rows],
  );
  await client.query("VACUUM ANALYZE item");
  await client.end();
}

type Ask = (id: number) => Promise<{ id: number } | undefined>;

async function open(url: string): Promise<{ subjects: Subject[] } & AsyncDisposable> {
  const pool = quietPool(url, connections);
  const named = quietPool(url, connections);
  const postgresJs = postgres(url, { max: connections, onnotice: () => {} });
  const database = await createDatabase({ primary: { url, max: connections } });
  return {
    subjects: [
      { ...subject("client, write.one", ours(database.write)), ours: true },
      { ...subject("client, read.one", ours(database.read)), ours: true },
      subject(`pg ${versionOf("pg")}`, async (id) => (await pool.query<Item>(text, [id])).rows[0]),
      subject(
        `pg ${versionOf("pg")}, named statements`,
        async (id) => (await named.query<Item>({ name: "item", text, values: [id] })).rows[0],
      ),
      subject(
        `postgres ${versionOf("postgres")}`,
        async (id) =>
          (await postgresJs<Item[]>`SELECT i.id, i.name, i.payload FROM item AS i WHERE i.id = ${id}`)[0],
      ),
    ],
    [Symbol.asyncDispose]: async () => {
      await Promise.all([pool.end(), named.end(), postgresJs.end(), database.close()]);
    },
  };
}

const text = "SELECT i.id, i.name, i.payload FROM item AS i WHERE i.id = $1";
const itemRow = z.object({ id: z.int(), name: z.string(), payload: z.json() });
type Item = z.output<typeof itemRow>;

function ours(on: Queryable): Ask {
  return (id) => on.one(sql.type(itemRow)`SELECT i.id, i.name, i.payload FROM item AS i WHERE i.id = ${id}`);
}

function subject(name: string, ask: Ask): Subject {
  return {
    name,
    round: () =>
      secondsOf(async () => {
        let next = 0;
        const caller = async () => {
          while (next < queries) {
            next += 1;
            const id = ((next * 7_919) % rows) + 1;
            const row = await ask(id);
            if (row?.id !== id) throw new Error(`${name} answered ${JSON.stringify(row)} for row ${id}`);
          }
        };
        await Promise.all(Array.from({ length: callers }, caller));
      }),
  };
}
