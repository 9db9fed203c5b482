import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateUp } from "@mister-smith/schema";
import {
  createTestDatabase,
  type TestCluster,
  type TestDatabase,
  type TestTemplate,
} from "@mister-smith/testkit";
import { Client } from "pg";

const folder = join(import.meta.dirname, "../../../../migrations");

const migrated: TestTemplate = {
  name: "migrated",
  prepare: async (url) => {
    await migrateUp({ connection: url, folder });
  },
};

/** A migrated database for one test. */
export async function migratedDatabase(cluster?: TestCluster): Promise<TestDatabase> {
  return await createTestDatabase({ template: migrated, ...(cluster === undefined ? {} : { cluster }) });
}

/** Runs statements as superuser on a connection of their own; the rows of the last one come back. */
export async function psql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, application_name: "smith test" });
  await client.connect();
  try {
    const result: unknown = await client.query(text);
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last.rows;
  } finally {
    await client.end();
  }
}

/** Empties the tables of a replay, and takes away the triggers that a test has put on them. */
export async function emptyAgain(url: string): Promise<void> {
  await psql(
    url,
    `DROP FUNCTION IF EXISTS public.refuse_step_five, public.tamper CASCADE;
     TRUNCATE agents.registry, tasks.queue, messages.channels, knowledge.facts CASCADE`,
  );
}

/** How many rows the tables of a replay hold together. */
export async function rowsInAll(url: string): Promise<number> {
  const tables = [
    "agents.registry",
    "agents.state",
    "agents.checkpoints",
    "agents.lifecycle_events",
    "tasks.queue",
    "tasks.dependencies",
    "tasks.executions",
    "messages.channels",
    "messages.subscriptions",
    "messages.log",
    "knowledge.facts",
  ];
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table})`).join(" + ");
  const [row] = await psql(url, `SELECT (${counts})::INTEGER AS rows`);
  return Number(row?.["rows"]);
}

/** Files in a folder that goes away with the scope it was made in. */
export class RunFiles implements AsyncDisposable {
  readonly folder: string;

  constructor(folderPath: string) {
    this.folder = folderPath;
  }

  static async make(): Promise<RunFiles> {
    return new RunFiles(await mkdtemp(join(tmpdir(), "smith-replay-test-")));
  }

  /** Writes a file and gives its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A run in JSON Lines with as many steps as asked for, and more of each step where that is given. */
export function runOf(id: string, steps: number, more: (step: number) => object = () => ({})): string {
  const events = [
    { type: "agent", agent: "worker", agent_type: "coder" },
    { type: "lifecycle", agent: "worker", event: "started", status: "active" },
    { type: "task", task: "job", agent: "worker", task_type: "fix" },
    ...Array.from({ length: steps }, (_, at) => ({
      type: "step",
      step: at + 1,
      agent: "worker",
      task: "job",
      action: `do ${at + 1}`,
      observation: `did ${at + 1}`,
      state: { position: at + 1 },
      ...more(at + 1),
    })),
    { type: "fact", agent: "worker", entity_type: "job", entity_id: id, predicate: "took", value: { steps } },
    { type: "outcome", task: "job", status: "completed", result: { steps } },
  ];
  const lines = [
    { format: "mister-smith/run", version: 1, run: id },
    ...events,
    { type: "end", events: events.length },
  ];
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}
