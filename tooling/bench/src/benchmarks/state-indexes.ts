import type { EmbeddedPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import type { Benchmark, Case, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { connect, serverFacts, urlOf, withPostgres } from "../server.ts";
import { agentStates, type StateRow, taskPayloads } from "./state-rows.ts";

const rows = 1_000;
const batchSize = 50;
const rounds = 7;

/** Sets of indexes beyond those that the migrations make. The first is ours: none. */
const stateVariants = [
  { name: "as migrated", ddl: [] },
  { name: "+ GIN on state_value", ddl: ["CREATE INDEX ON agents.state USING gin (state_value)"] },
  {
    name: "+ GIN on computed_fields",
    ddl: ["CREATE INDEX ON agents.state USING gin ((state_value -> 'computed_fields'))"],
  },
  {
    name: "+ covering with the value",
    ddl: ["CREATE INDEX ON agents.state (agent_id, state_key) INCLUDE (state_value, version, updated_at)"],
  },
  {
    name: "+ covering without the value",
    ddl: ["CREATE INDEX ON agents.state (agent_id, state_key) INCLUDE (version, updated_at)"],
  },
  {
    name: "+ all of the specification",
    ddl: [
      "CREATE INDEX ON agents.state USING gin (state_value)",
      "CREATE INDEX ON agents.state USING gin ((state_value -> 'computed_fields'))",
      "CREATE INDEX ON agents.state (agent_id, state_key) INCLUDE (state_value, version, updated_at)",
    ],
  },
] as const;

const taskVariants = [
  { name: "as migrated", ddl: [] },
  { name: "+ GIN on payload", ddl: ["CREATE INDEX ON tasks.queue USING gin (payload)"] },
  {
    name: "+ GIN on parameters",
    ddl: ["CREATE INDEX ON tasks.queue USING gin ((payload -> 'parameters'))"],
  },
] as const;

/** What the specification's indexes on the two hottest tables cost the writer. */
export const stateIndexes: Benchmark = {
  name: "state-indexes",
  summary: "writes of agent state and tasks with the specification's GIN and covering indexes and without",
  run: (bench) =>
    withPostgres(async (server) => {
      const states = agentStates(rows);
      const payloads = taskPayloads(rows);
      bench.conditions({
        ...serverFacts(server),
        rows: `${rows} a round; state values ${sizes(states.map(({ value }) => value))}, task payloads ${sizes(payloads)}`,
        counted: "the writes and the cleaning of the GIN pending lists that they leave behind",
      });
      await using state = await variantDatabases(server, "bench_state", stateVariants);
      for (const measured of stateCases(state.clients, states)) await bench.measure(measured);
      await using tasks = await variantDatabases(server, "bench_tasks", taskVariants);
      await bench.measure(taskCase(tasks.clients, payloads));
    }),
};

interface Variant {
  readonly name: string;
  readonly client: pg.Client;
}

function stateCases(variants: readonly Variant[], states: readonly StateRow[]): Case[] {
  const agents = [...new Set(states.map(({ agentId }) => agentId))];
  const empty = async (client: pg.Client) => {
    await client.query(insertAgents, [agents]);
    await client.query("TRUNCATE agents.state");
  };
  const cases = (name: string, prepare: (client: pg.Client) => Promise<unknown>, size: number): Case => ({
    name,
    unit: "rows/s",
    amount: rows,
    rounds,
    subjects: subjects(variants, prepare, (client) => writeStates(client, states, size), "agents.state"),
  });
  return [
    cases("insert, one row a transaction", empty, 1),
    cases(`insert, ${batchSize} rows a statement`, empty, batchSize),
    cases(
      `update, ${batchSize} rows a statement`,
      async (client) => {
        await empty(client);
        await writeStates(client, states, rows);
      },
      batchSize,
    ),
  ];
}

function taskCase(variants: readonly Variant[], payloads: readonly string[]): Case {
  return {
    name: `enqueue, ${batchSize} tasks a statement`,
    unit: "rows/s",
    amount: rows,
    rounds,
    subjects: subjects(
      variants,
      (client) => client.query("TRUNCATE tasks.queue CASCADE"),
      async (client) => {
        for (const batch of batches(payloads, batchSize)) await client.query(insertTasks, [batch]);
      },
      "tasks.queue",
    ),
  };
}

function subjects(
  variants: readonly Variant[],
  prepare: (client: pg.Client) => Promise<unknown>,
  write: (client: pg.Client) => Promise<unknown>,
  table: string,
): Subject[] {
  return variants.map(({ name, client }, position) => ({
    name,
    ours: position === 0,
    round: async () => {
      await prepare(client);
      return secondsOf(async () => {
        await write(client);
        await client.query(cleanPendingLists, [table]);
      });
    },
  }));
}

async function writeStates(client: pg.Client, states: readonly StateRow[], size: number): Promise<void> {
  for (const batch of batches(states, size)) {
    await client.query(upsertStates, [
      batch.map(({ agentId }) => agentId),
      batch.map(({ key }) => key),
      batch.map(({ value }) => value),
    ]);
  }
}

const insertAgents = `
  INSERT INTO agents.registry (agent_id, agent_type, agent_name)
  SELECT id, 'bench', 'agent ' || id FROM unnest($1::uuid[]) AS id
  ON CONFLICT DO NOTHING`;

const upsertStates = `
  INSERT INTO agents.state (agent_id, state_key, state_value)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
  ON CONFLICT (agent_id, state_key) DO UPDATE
    SET state_value = EXCLUDED.state_value, version = agents.state.version + 1`;

const insertTasks = `
  INSERT INTO tasks.queue (task_type, task_name, payload)
  SELECT 'bench', 'task', payload FROM unnest($1::jsonb[]) AS payload`;

const cleanPendingLists = `
  SELECT gin_clean_pending_list(index.indexrelid)
  FROM pg_partition_tree($1::regclass) AS part
  JOIN pg_index AS index ON index.indrelid = part.relid
  JOIN pg_class AS class ON class.oid = index.indexrelid AND class.relkind = 'i'
  JOIN pg_am AS method ON method.oid = class.relam AND method.amname = 'gin'`;

/** One migrated database for each variant, so that no variant pays for another's indexes. */
async function variantDatabases(
  server: EmbeddedPostgres,
  prefix: string,
  variants: readonly { name: string; ddl: readonly string[] }[],
) {
  const admin = await connect(server, "postgres");
  const clients: Variant[] = [];
  for (const [position, { name, ddl }] of variants.entries()) {
    const database = `${prefix}_${position}`;
    await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(database)}`);
    await migrateUp({ connection: urlOf(server, database), folder: migrationsFolder() });
    const client = await connect(server, database);
    for (const statement of ddl) await client.query(statement);
    clients.push({ name, client });
  }
  await admin.end();
  return {
    clients,
    [Symbol.asyncDispose]: async () => {
      for (const { client } of clients) await client.end();
    },
  };
}

function* batches<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}

function sizes(texts: readonly string[]): string {
  const bytes = texts.map((text) => Buffer.byteLength(text)).sort((a, b) => a - b);
  return `${bytes[0]} to ${bytes.at(-1)} bytes, median ${bytes[Math.floor(bytes.length / 2)]}`;
}
