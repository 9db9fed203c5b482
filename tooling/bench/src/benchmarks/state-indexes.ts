import type { EmbeddedPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import type { Benchmark, Case, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { connect, serverFacts, urlOf, withPostgres } from "../server.ts";
import { agentStates, type StateRow, taskPayloads } from "./state-rows.ts";

const rows = 1_000;
/** A task is a quarter of the size of a state value and goes four times as fast. */
const taskRows = 4_000;
const batchSize = 50;
/** The agent that claims the tasks. */
const worker = "00000000-0000-4000-8000-0000000000a1";
const rounds = 7;

/** Sets of indexes beyond or below those that the migrations make. The first is ours. */
const stateVariants = [
  { name: "as migrated", ddl: [] },
  { name: "without GIN on computed_fields", ddl: ["DROP INDEX agents.idx_agents_state_json_path"] },
  { name: "with GIN on state_value", ddl: ["CREATE INDEX ON agents.state USING gin (state_value)"] },
  {
    name: "with the covering index",
    ddl: ["CREATE INDEX ON agents.state (agent_id, state_key) INCLUDE (state_value, version, updated_at)"],
  },
  {
    name: "with all of the specification",
    ddl: [
      "CREATE INDEX ON agents.state USING gin (state_value)",
      "CREATE INDEX ON agents.state (agent_id, state_key) INCLUDE (state_value, version, updated_at)",
    ],
  },
] as const;

const taskVariants = [
  { name: "as migrated", ddl: [] },
  { name: "without GIN on parameters", ddl: ["DROP INDEX tasks.idx_tasks_queue_payload_specific"] },
  { name: "with GIN on payload", ddl: ["CREATE INDEX ON tasks.queue USING gin (payload)"] },
  {
    name: "with the indexes on status",
    ddl: [
      "CREATE INDEX ON tasks.queue (assigned_agent_id, status)",
      "CREATE INDEX ON tasks.queue (task_type, status)",
      `CREATE INDEX ON tasks.queue (status, priority, created_at)
       INCLUDE (task_id, task_type, assigned_agent_id)`,
      "CREATE INDEX ON tasks.queue (priority, created_at) WHERE status = 'pending'",
      `CREATE INDEX ON tasks.queue ((EXTRACT(epoch FROM max_execution_time)))
       WHERE status IN ('pending', 'queued')`,
    ],
  },
] as const;

/** What the specification's indexes on the two hottest tables cost whoever writes to them. */
export const stateIndexes: Benchmark = {
  name: "state-indexes",
  summary: "writes of agent state and tasks with the specification's GIN and covering indexes and without",
  run: (bench) =>
    withPostgres(async (server) => {
      const states = agentStates(rows);
      const payloads = taskPayloads(taskRows);
      bench.conditions({
        ...serverFacts(server),
        rows: `${rows} states a round, ${sizes(states.map(({ value }) => value))}; ${taskRows} tasks, ${sizes(payloads)}`,
        counted: "the writes and the cleaning of the GIN pending lists that they leave behind",
      });
      await using state = await variantDatabases(server, "bench_state", stateVariants);
      for (const measured of stateCases(state.clients, states)) await bench.measure(measured);
      await using tasks = await variantDatabases(server, "bench_tasks", taskVariants);
      for (const measured of taskCases(tasks.clients, payloads)) await bench.measure(measured);
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

function taskCases(variants: readonly Variant[], payloads: readonly string[]): Case[] {
  const empty = async (client: pg.Client) => {
    await client.query("TRUNCATE tasks.queue, tasks.ready, tasks.leases CASCADE");
    await client.query(insertAgents, [[worker]]);
  };
  const cases = (
    name: string,
    write: (client: pg.Client, batch: readonly string[]) => Promise<void>,
    prepare: (client: pg.Client) => Promise<unknown> = empty,
  ): Case => ({
    name: `${name}, ${batchSize} a statement`,
    unit: "tasks/s",
    amount: taskRows,
    rounds,
    subjects: subjects(
      variants,
      prepare,
      async (client) => {
        for (const batch of batches(payloads, batchSize)) await write(client, batch);
      },
      "tasks.queue",
    ),
  });
  return [
    cases("tasks, enqueue", async (client, batch) => {
      await client.query(insertTasks, [batch]);
    }),
    cases("tasks, enqueue, start and complete", async (client, batch) => {
      const { rows: tasks } = await client.query<{ task_id: string }>(insertTasks, [batch]);
      const ids = tasks.map(({ task_id }) => task_id);
      await client.query(startTasks, [ids]);
      await client.query(completeTasks, [ids]);
    }),
    cases(
      "tasks, claim and complete",
      async (client, batch) => {
        const { rows: claimed } = await client.query<{ task_id: string; fencing_token: string }>(
          "SELECT task_id, fencing_token FROM tasks.claim($1, '{bench}', $2)",
          [worker, batch.length],
        );
        await client.query("SELECT tasks.complete($1, $2)", [
          claimed.map(({ task_id }) => task_id),
          claimed.map(({ fencing_token }) => fencing_token),
        ]);
      },
      async (client) => {
        await empty(client);
        await client.query(insertTasks, [payloads]);
      },
    ),
  ];
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
  SELECT 'bench', 'task', payload FROM unnest($1::jsonb[]) AS payload
  RETURNING task_id`;

const startTasks = `
  UPDATE tasks.queue SET status = 'running', started_at = clock_timestamp()
  WHERE task_id = ANY ($1::uuid[]) AND task_type = 'bench'`;

const completeTasks = `
  UPDATE tasks.queue SET status = 'completed', completed_at = clock_timestamp()
  WHERE task_id = ANY ($1::uuid[]) AND task_type = 'bench'`;

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
