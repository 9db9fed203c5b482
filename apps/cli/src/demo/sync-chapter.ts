import { setTimeout as pause } from "node:timers/promises";
import { createDatabase, type Database } from "@mister-smith/client";
import { type RunningSystem, startSystem } from "@mister-smith/embedded";
import { SmithError } from "@mister-smith/errors";
import { connectNats, createStateStore, type NatsLink, type StateStore } from "@mister-smith/sync";
import { count } from "../output/count.ts";
import type { Stage } from "./chapters.ts";
import { findSmithd } from "./find-smithd.ts";
import { type Smithd, startSmithd } from "./smithd.ts";

/** What became of the state that was written through JetStream. */
export interface SyncDone {
  /** Writes that JetStream acknowledged. */
  readonly acknowledged: number;
  /** Of these, while smithd and PostgreSQL were dead. */
  readonly whileDead: number;
  readonly keys: number;
  /** Keys that are not the same in both stores, or not as they were written last. */
  readonly differences: number;
  /** From the start of the new smithd until PostgreSQL had all, in milliseconds. */
  readonly caughtUpMs: number;
}

/** What the chapter leaves. */
export interface AfterSync {
  /** The system, which was started again. */
  readonly system: RunningSystem;
  /** Undefined where smithd is not installed. */
  readonly done: SyncDone | undefined;
}

const agents = 10;
const keysPerAgent = 20;
const atOnce = 64;
const flushTimeoutMs = 60_000;

/** State is written through JetStream while smithd and PostgreSQL are killed, and both stores agree in the end. */
export function syncChapter(stage: Stage, keep: boolean): Promise<AfterSync> {
  const { context, story, system } = stage;
  const heading = {
    title: "Write state through JetStream, and kill smithd and PostgreSQL in the middle",
    why: "A write counts when JetStream has stored it; smithd brings it to PostgreSQL, each once and in order.",
    byHand: "smithd; smith sync verify",
  };
  return story.chapter(heading, async (update) => {
    const program = findSmithd();
    if (program === undefined) {
      story.tell("left out: smithd is not installed; `npm install --global @mister-smith/daemon` brings it");
      return { system, done: undefined };
    }
    const servers = { databaseUrl: system.postgres.url, natsUrl: system.nats.url };
    const writers = await register(servers.databaseUrl);
    const load: Load = { writes: new Map(), acknowledged: 0, stop: false };
    update("starting smithd");
    const first = await startSmithd(program, servers, context.signal);
    await using link = await connectNats({ servers: servers.natsUrl, name: "smith demo" });
    await using store = await createStateStore({ link, timeoutMs: 20_000 });
    update("writing");
    const writing = write(store, writers, load);
    const whileDead = await killInTheMiddle(first, system, load).catch(async (error: unknown) => {
      load.stop = true;
      await writing;
      throw error;
    });
    update("starting PostgreSQL again");
    const again = await startAgain(system, keep);
    load.stop = true;
    await writing;
    update("starting smithd again");
    const began = performance.now();
    await using _ = await startSmithd(program, servers, context.signal);
    await using database = await createDatabase({ primary: { url: servers.databaseUrl } });
    const differences = await compare(link, database, load);
    const caughtUpMs = performance.now() - began;
    if (differences > 0) throw notAlike(differences);
    const keys = load.writes.size;
    story.tell(
      `${load.acknowledged} writes acknowledged, ${whileDead} of them while smithd and PostgreSQL were dead`,
      `${context.colours.green("both stores agree")}: ${count(keys, "key")} compared one by one, each as it was written last, nothing lost`,
    );
    return {
      system: again,
      done: { acknowledged: load.acknowledged, whileDead, keys, differences, caughtUpMs },
    };
  });
}

interface Load {
  /** The last acknowledged write of each key. */
  readonly writes: Map<
    string,
    { readonly agentId: string; readonly stateKey: string; readonly number: number }
  >;
  acknowledged: number;
  stop: boolean;
}

async function register(databaseUrl: string): Promise<readonly string[]> {
  await using database = await createDatabase({ primary: { url: databaseUrl } });
  const registered = await Promise.all(
    Array.from({ length: agents }, (_, n) =>
      database.agents.register({ agentType: "writer", agentName: `writer ${n + 1}` }),
    ),
  );
  return registered.map(({ agentId }) => agentId);
}

async function write(store: StateStore, writers: readonly string[], load: Load): Promise<void> {
  const keys = writers.flatMap((agentId) =>
    Array.from({ length: keysPerAgent }, (_, n) => ({ agentId, stateKey: `step.${n + 1}` })),
  );
  const share = async (own: typeof keys) => {
    for (let number = 1; !load.stop; number += 1) {
      for (const key of own) {
        await store.put(key.agentId, key.stateKey, { number });
        load.writes.set(`${key.agentId}.${key.stateKey}`, { ...key, number });
        load.acknowledged += 1;
      }
    }
  };
  await Promise.all(
    Array.from({ length: atOnce }, (_, place) => share(keys.filter((_key, n) => n % atOnce === place))),
  );
}

/** Lets it run, kills both, and lets it run on; returns how many writes were acknowledged while they were dead. */
async function killInTheMiddle(smithd: Smithd, system: RunningSystem, load: Load): Promise<number> {
  await until(load, 2_000);
  await smithd.kill();
  process.kill(system.postgres.pid, "SIGKILL");
  const before = load.acknowledged;
  await until(load, before + 2_000);
  return load.acknowledged - before;
}

async function until(load: Load, acknowledged: number): Promise<void> {
  while (load.acknowledged < acknowledged) await pause(10);
}

// nats-server goes on all the time; only at this start it is stopped and started, too, with all it has stored.
function startAgain({ folder }: RunningSystem, keep: boolean): Promise<RunningSystem> {
  return startSystem({ folder, lifetime: keep ? "detached" : "parent" });
}

/** Waits until PostgreSQL has every acknowledged write, then compares both stores. Returns how many keys differ. */
async function compare(link: NatsLink, database: Database, load: Load): Promise<number> {
  await using store = await createStateStore({ link });
  const written = [...load.writes.values()];
  const deadline = performance.now() + flushTimeoutMs;
  for (;;) {
    const rows = await database.state.getMany(
      written.map(({ agentId, stateKey }) => ({ agentId, stateKey })),
    );
    const inBucket = await store.getMany(written);
    const different = written.filter(({ number }, place) => {
      const row = JSON.stringify(rows[place]?.stateValue);
      return row !== JSON.stringify(inBucket[place]?.value) || row !== JSON.stringify({ number });
    });
    if (different.length === 0 || performance.now() > deadline) return different.length;
    await pause(100);
  }
}

function notAlike(differences: number): SmithError {
  return new SmithError("STORES_DIFFER", `${count(differences, "key")} are not the same in both stores`, {
    hint: "`smith sync verify` shows which side is ahead, and why.",
  });
}
