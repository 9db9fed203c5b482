import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningSystem, removeSystem, startSystem } from "@mister-smith/embedded";
import { SmithError } from "@mister-smith/errors";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { openDatabase } from "../database/open-database.ts";
import { durationText } from "../output/duration-text.ts";
import { hideSecrets } from "../output/hide-secrets.ts";
import { alertChapter } from "./alert-chapter.ts";
import {
  jetStreamChapter,
  lookChapter,
  migrateChapter,
  redoChapter,
  replayChapter,
  type Stage,
  verifyChapter,
} from "./chapters.ts";
import type { DemoResult } from "./demo-result.ts";
import { indexChapter } from "./index-chapter.ts";
import { leftBehind, processTree } from "./left-behind.ts";
import { Story } from "./story.ts";
import { syncChapter } from "./sync-chapter.ts";
import { tasksChapter } from "./tasks-chapter.ts";

/** What `smith demo` takes. */
export interface DemoInput {
  /** Whether the system goes on running at the end. */
  readonly keep: boolean;
}

const chapterCount = 12;

/**
 * Shows in a folder of its own what Mister Smith does, with real servers, and takes everything away again: also
 * after a failure, after Ctrl-C, when nobody reads any more what it says, and when it is killed.
 */
export async function demonstrate(context: Context, { keep }: DemoInput): Promise<CommandResult> {
  const started = performance.now();
  const story = new Story(context, keep ? chapterCount - 1 : chapterCount);
  // Made where it is known who removes it: see `temporary` below.
  const folder = join(tmpdir(), `smith-demo-${randomUUID().slice(0, 8)}`);
  context.say("Mister Smith, the durable data layer for AI agents: from nothing to living agents and back.");
  context.say(
    `Everything happens in ${folder}${keep ? "" : " and is gone at the end"}; your own servers are left alone.`,
  );
  let done: Omit<DemoResult, "seconds" | "chapters"> | undefined;
  try {
    const system = await startChapter(folder, story, keep);
    const performed = await perform({ context, story, system }, keep);
    done = performed.done;
    if (!keep) await stopChapter(story, performed.system, system, folder);
  } finally {
    if (!keep || done === undefined) await removeSystem(folder);
  }
  const seconds = (performance.now() - started) / 1000;
  const result: DemoResult = { seconds, chapters: story.chapters, ...done };
  return { data: result, text: farewell(result, context) };
}

function startChapter(folder: string, story: Story, keep: boolean): Promise<RunningSystem> {
  const heading = {
    title: "Start a real PostgreSQL and a real nats-server",
    why: "PostgreSQL is the authority; JetStream, in nats-server, is the fast path in front of it.",
    byHand: "smith up",
  };
  return story.chapter(heading, async () => {
    const system = await startSystem(
      keep ? { folder, lifetime: "detached" } : { folder, lifetime: "parent", temporary: true },
    );
    const { postgres, nats } = system;
    story.tell(
      `PostgreSQL ${postgres.version.full} (${postgres.origin}) at ${hideSecrets(postgres.url)}`,
      `nats-server ${nats.version.full} (${nats.origin}) at ${hideSecrets(nats.url)}`,
    );
    return system;
  });
}

interface Performed {
  /** As it is after it was killed and started again. */
  readonly system: RunningSystem;
  readonly done: Omit<DemoResult, "seconds" | "chapters">;
}

async function perform(stage: Stage, keep: boolean): Promise<Performed> {
  const jetstream = await jetStreamChapter(stage);
  const migrated = await migrateChapter(stage);
  const verified = await verifyChapter(stage);
  const replayed = await replayChapter(stage);
  const tasks = await tasksChapter(stage);
  const { system, done: sync } = await syncChapter(stage, keep);
  await using database = await openDatabase({
    url: system.postgres.url,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
  });
  const after = { ...stage, system };
  await lookChapter(after, database.write);
  const redone = await redoChapter(after, database.write);
  const alert = await alertChapter(after, database, system.postgres.url);
  const index = await indexChapter(after, database);
  const done = {
    postgres: system.postgres.version.full,
    nats: system.nats.version.full,
    jetstream,
    migrations: { applied: migrated.migrations.length, verified },
    replay: {
      runs: replayed.runs.length,
      agents: replayed.agents,
      steps: replayed.steps,
      rows: replayed.written.rows,
      verified: replayed.verified,
      states: replayed.states,
    },
    tasks,
    sync: sync ?? null,
    redone,
    alert,
    index,
    kept: keep ? system.folder : null,
  };
  return { system, done };
}

function stopChapter(
  story: Story,
  system: RunningSystem,
  first: RunningSystem,
  folder: string,
): Promise<void> {
  const heading = {
    title: "Stop, and leave nothing behind",
    why: "Both servers are stopped in order, and their folder is removed.",
    byHand: "smith down --remove-data",
  };
  return story.chapter(heading, async () => {
    const processes = await processTree([system.postgres.pid, system.nats.pid]);
    if (system !== first) await system.stop();
    // It removes the folder, as the one who made it.
    await first.stop();
    const left = leftBehind([folder, system.postgres.dataDir, system.nats.storeDir], processes);
    if (left.length > 0) throw stillThere(left);
    story.tell(`all ${processes.length} processes are gone, and so is the folder`);
  });
}

function farewell({ seconds, kept }: DemoResult, { colours }: Context): string {
  const took = durationText(seconds * 1000);
  if (kept === null)
    return `\n${colours.green("All of it went well")}, in ${took}. Next: ${colours.cyan("smith up && smith migrate up")}`;
  return [
    `\n${colours.green("All of it went well")}, in ${took}. The system is still running:`,
    `  ${colours.cyan(`smith status --folder ${kept} --show-secrets`)}   where it listens`,
    `  ${colours.cyan(`smith down --folder ${kept} --remove-data`)}   take all of it away`,
  ].join("\n");
}

function stillThere(left: readonly string[]): SmithError {
  return new SmithError("LEFT_BEHIND", `still there after the end: ${left.join(", ")}`, {
    hint: "Stop the processes by their ids and remove the folder.",
    details: { left },
  });
}
