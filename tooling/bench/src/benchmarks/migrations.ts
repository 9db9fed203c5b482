import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddedPostgres } from "@mister-smith/embedded";
import { migrateUp } from "@mister-smith/schema";
import { runner } from "node-pg-migrate";
import pg from "pg";
import type { Benchmark, BenchmarkContext, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { serverFacts, withDatabase, withPostgres } from "../server.ts";

const files = 500;
const rounds = 7;

/** What checksums, history and verification cost on top of the engine that executes. */
export const migrations: Benchmark = {
  name: "migrations",
  summary: "500 no-op migrations and their verification against node-pg-migrate alone",
  run: (bench) =>
    withPostgres(async (server) => {
      const folder = await writeNoOps();
      try {
        bench.conditions({ ...serverFacts(server), migrations: `${files} files of one SELECT, up and down` });
        await measureBoth(bench, server, folder);
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
};

type Migrate = (url: string, folder: string) => Promise<unknown>;

const engines: readonly { name: string; ours?: boolean; migrate: Migrate }[] = [
  { name: "smith migrate", ours: true, migrate: (connection, folder) => migrateUp({ connection, folder }) },
  { name: `node-pg-migrate ${versionOf("node-pg-migrate")}`, migrate: runPeer },
];

async function measureBoth(bench: BenchmarkContext, server: EmbeddedPostgres, folder: string): Promise<void> {
  const common = { unit: "migrations/s", amount: files, rounds };
  await bench.measure({
    ...common,
    name: "empty database, all pending",
    subjects: engines.map((engine) =>
      subject(server, engine, (url) => secondsOf(() => engine.migrate(url, folder))),
    ),
  });
  await bench.measure({
    ...common,
    name: "all applied, verified",
    subjects: engines.map((engine) =>
      subject(server, engine, async (url) => {
        await engine.migrate(url, folder);
        return secondsOf(() => engine.migrate(url, folder));
      }),
    ),
  });
}

function subject(
  server: EmbeddedPostgres,
  { name, ours = false }: { name: string; ours?: boolean },
  round: (url: string) => Promise<number>,
): Subject {
  return { name, ours, round: () => withDatabase(server, "bench_migrations", round) };
}

// The peer gets a client to use, because it does not wait for the end of one that it makes itself.
async function runPeer(connectionString: string, dir: string): Promise<void> {
  const dbClient = new pg.Client({ connectionString });
  await dbClient.connect();
  try {
    await runner({
      dbClient,
      dir,
      direction: "up",
      migrationsTable: "pgmigrations",
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      migrationLoaderStrategies: [{ extensions: [".sql"], loader: "sql" }],
    });
  } finally {
    await dbClient.end();
  }
}

async function writeNoOps(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "smith-bench-migrations-"));
  for (let version = 1; version <= files; version += 1) {
    const path = join(folder, `${String(version).padStart(5, "0")}_no_op_${version}`);
    await writeFile(`${path}.up.sql`, `SELECT ${version};\n`);
    await writeFile(`${path}.down.sql`, `SELECT ${version};\n`);
  }
  return folder;
}

function versionOf(name: string): string {
  const manifest: unknown = createRequire(import.meta.url)(`${name}/package.json`);
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "";
}
