import type { Queryable } from "@mister-smith/client";
import type { RunningSystem } from "@mister-smith/embedded";
import { SmithError } from "@mister-smith/errors";
import {
  type MigrationRunResult,
  type MigratorOptions,
  migrateDown,
  migrateUp,
  migrationsFolder,
  verifyMigrations,
} from "@mister-smith/schema";
import { type SyncConfig, syncConfig } from "@mister-smith/sync";
import type { Context } from "../context.ts";
import { migratorOptions } from "../migrate/migrator-options.ts";
import { count } from "../output/count.ts";
import { table } from "../output/table.ts";
import type { ReplayResult } from "../replay/replay-result.ts";
import { differenceText } from "../replay/replay-text.ts";
import { changedTables, databaseDigest, type TableDigest } from "./database-digest.ts";
import { examplesFolder } from "./examples-folder.ts";
import { jetStreamRoundTrip, type RoundTrip } from "./jetstream-round-trip.ts";
import { contentLines } from "./show-contents.ts";
import type { Story } from "./story.ts";
import { streamBytes } from "./stream-bytes.ts";

/** What every chapter after the first works with. */
export interface Stage {
  readonly context: Context;
  readonly story: Story;
  readonly system: RunningSystem;
}

const agents = 20;

/** JetStream stores a message and gives it back. */
export function jetStreamChapter({ story, system }: Stage): Promise<RoundTrip> {
  const heading = {
    title: "See JetStream store a message",
    why: "JetStream is the fast path: a write counts as soon as it has stored it.",
    byHand: "smith doctor",
  };
  return story.chapter(heading, async () => {
    const trip = await jetStreamRoundTrip(system.nats.url);
    const took = trip.acknowledgedMs.toFixed(1);
    story.tell(
      `published, acknowledged as message ${trip.sequence} of ${trip.stream} after ${took} ms, read back`,
    );
    return trip;
  });
}

/** The empty database gets the schema. */
export function migrateChapter({ context, story, system }: Stage): Promise<MigrationRunResult> {
  const heading = {
    title: "Bring the empty database to the schema",
    why: "Each migration is a transaction, and is recorded with its checksum.",
    byHand: "smith migrate up",
  };
  return story.chapter(heading, async () => {
    const result = await migrateUp(await ownMigrations(context, system));
    story.tell(`applied ${count(result.migrations.length, "migration")}: the database is at ${result.to}`);
    return result;
  });
}

/** Every down file is proved to be the inverse of its up file. */
export function verifyChapter({ context, story, system }: Stage): Promise<number> {
  const heading = {
    title: "Prove that every migration can be undone",
    why: "In a scratch database each one goes up, down and up again, also with rows; the catalogue must be the same.",
    byHand: "smith migrate verify",
  };
  return story.chapter(heading, async (update) => {
    const options = await ownMigrations(context, system);
    const result = await verifyMigrations({
      ...options,
      onEvent: ({ file, position, total }) =>
        update(`verifying migrations: ${position} of ${total}, ${file}`),
    });
    const wrong = result.files.filter(({ ok }) => !ok).map(({ file }) => file);
    if (!result.ok) throw notInverse(wrong, result.wholeWay.message);
    story.tell(`${count(result.files.length, "migration")} verified; all up and all down leaves nothing`);
    return result.files.length;
  });
}

/** Recorded agents live in the database, and every row is checked. */
export function replayChapter({ context, story, system }: Stage): Promise<ReplayResult> {
  const heading = {
    title: `Let ${agents} recorded agents live in it`,
    why: "Steps write tasks and outcomes, messages and facts; agents' state goes through JetStream.",
    byHand: `smith replay examples/ --agents ${agents}`,
  };
  return story.chapter(heading, async (update) => {
    const { replay } = await import("../replay/replay.ts");
    const { signal, colours } = context;
    const paths = [examplesFolder()];
    const databaseUrl = system.postgres.url;
    const nats = { servers: system.nats.url, sync: smallStreams() };
    const result = await replay({ databaseUrl, nats, paths, agents, signal, onProgress: update });
    if (!result.verified) throw notAsRecorded(result);
    const { rows, stepsPerSecond } = result.written;
    story.tell(
      `${count(result.runs.length, "run")} as ${count(result.agents, "agent")}: ${count(result.steps, "step")}, ${count(rows, "row")}, ${Math.round(stepsPerSecond)} steps/s`,
      ...stateLines(result),
      `${colours.green("verified:")} every row was read back and is as it was recorded`,
    );
    return result;
  });
}

function smallStreams(): SyncConfig {
  const small = { maxBytes: streamBytes };
  return syncConfig.parse({ streams: { taskExecution: small, agentState: small } });
}

function stateLines({ states, rows }: ReplayResult): string[] {
  if (states.through === "sql") return [];
  return [
    `${count(states.put, "value")} of their state put through JetStream and brought to PostgreSQL, ${rows["agents.state"] ?? 0} compared one by one`,
  ];
}

/** A look into the tables. */
export function lookChapter({ context, story, system }: Stage, on: Queryable): Promise<void> {
  const heading = {
    title: "Look at what is in the database",
    why: "Plain tables: any PostgreSQL client reads them.",
    byHand: `psql ${hostOf(system.postgres.url)}`,
  };
  return story.chapter(heading, async () => story.tell(...(await contentLines(on, context.colours))));
}

/** What taking back the last migration and applying it again left. */
export interface Redone {
  readonly version: number;
  readonly tables: readonly TableDigest[];
}

/** The last migration goes and comes back, and no row is another one. */
export function redoChapter(stage: Stage, on: Queryable): Promise<Redone> {
  const { context, story, system } = stage;
  const heading = {
    title: "Take the last migration back and apply it again",
    why: "Going back must not cost data: down refuses to drop what holds rows, and every table is compared.",
    byHand: "smith migrate redo",
  };
  return story.chapter(heading, async () => {
    const options = await ownMigrations(context, system);
    const before = await databaseDigest(on);
    const down = await migrateDown({ ...options, steps: 1 });
    const between = changedTables(before, await databaseDigest(on));
    const up = await migrateUp(options);
    const after = await databaseDigest(on);
    const changed = changedTables(before, after);
    if (changed.length > 0) throw dataChanged(changed);
    story.tell(
      `${down.migrations.map(({ name }) => name).join(", ")}: the database went from ${down.from} to ${down.to} and back to ${up.to}`,
      `${between.length === 0 ? "no table was touched on the way" : `tables that were gone meanwhile: ${between.join(", ")}`}`,
      "",
      ...digestLines(after, context),
    );
    return { version: down.from, tables: after };
  });
}

// What the configuration says about migrations is about the databases of whoever runs this.
function ownMigrations(context: Context, { postgres }: RunningSystem): Promise<MigratorOptions> {
  const ours = { folder: migrationsFolder(), table: "public.schema_migrations" };
  return migratorOptions(context, ours, { url: postgres.url });
}

function digestLines(digests: readonly TableDigest[], { colours }: Context): string[] {
  const filled = digests.filter(({ rows }) => rows > 0);
  const rows = filled.map((one) => [
    one.table,
    String(one.rows),
    one.digest.slice(0, 12),
    colours.green("same"),
  ]);
  return table(["table", "rows", "digest", "before and after"], rows, colours);
}

function hostOf(url: string): string {
  const { host, username, pathname } = new URL(url);
  return `postgres://${username}@${host}${pathname}`;
}

function notInverse(files: readonly string[], wholeWay: string): SmithError {
  const what = files.length === 0 ? wholeWay : files.join(", ");
  return new SmithError("MIGRATIONS_NOT_VERIFIED", `migrations cannot be undone as they should: ${what}`, {
    hint: "Run `smith migrate verify` for what differs.",
    details: { files },
  });
}

function notAsRecorded({ differences }: ReplayResult): SmithError {
  const [first] = differences;
  const example = first === undefined ? "" : `, first: ${differenceText(first)}`;
  return new SmithError(
    "REPLAY_NOT_VERIFIED",
    `${count(differences.length, "difference")} between the database and the recorded runs${example}`,
    { hint: "Run `smith replay examples/ --json` against a migrated database for all of them." },
  );
}

function dataChanged(tables: readonly string[]): SmithError {
  return new SmithError("DATA_CHANGED", `redoing the last migration changed ${tables.join(", ")}`, {
    hint: "The last migration's files are at fault: `smith migrate verify` shows what they do.",
    details: { tables },
  });
}
