import { join } from "node:path";
import { startNats, startNatsCluster, startPostgres, startSystem } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { isProcessAlive } from "../../src/process/process-identity.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

/** What every part that runs for long has. */
interface Part {
  start?(): Promise<void>;
  stop(): Promise<void>;
  kill?(): Promise<void>;
  pids(): readonly number[];
}

interface Kind {
  readonly name: string;
  /** How often three changes come at once. */
  readonly rounds: number;
  begin(folder: string): Promise<Part>;
}

const kinds: readonly Kind[] = [
  {
    name: "PostgreSQL",
    rounds: 4,
    begin: async (folder) => {
      const server = await startPostgres({ dataDir: join(folder, "pg"), durability: "fast" });
      return Object.assign(server, { pids: () => [server.pid] });
    },
  },
  {
    name: "nats-server",
    rounds: 4,
    begin: async (folder) => {
      const server = await startNats({ storeDir: join(folder, "nats") });
      return Object.assign(server, { pids: () => [server.pid] });
    },
  },
  {
    name: "a cluster of nats-servers",
    // Electing a leader takes seconds each time.
    rounds: 1,
    begin: async (folder) => {
      const cluster = await startNatsCluster({ storeDir: join(folder, "nats") });
      const kill = async () => {
        await cluster.nodes[0]?.kill();
      };
      return Object.assign(cluster, { kill, pids: () => cluster.nodes.map((node) => node.pid) });
    },
  },
];

/** Small and the same on every machine (mulberry32): the seed of a failing run is in its title. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const seed = Number(process.env["SMITH_TEST_SEED"] ?? Date.now() % 1_000_000);

describe.each(kinds)(
  `$name under starts, stops and crashes at once (SMITH_TEST_SEED=${seed})`,
  ({ begin, rounds }) => {
    it("does in the end what was asked for last, and leaves no process behind", async () => {
      await using scratch = await scratchFolder();
      const part = await begin(scratch.path);
      const next = random(seed);
      const seen = new Set(part.pids());
      for (let round = 0; round < rounds; round += 1) {
        const changes = Array.from({ length: 3 }, () => {
          const die = next();
          if (die < 0.4) return part.start?.();
          if (die < 0.8) return part.stop();
          return part.kill?.();
        });
        // A start may fail when a crash strikes it; it must neither hang nor leave anything running.
        await Promise.allSettled(changes);
        for (const pid of part.pids()) seen.add(pid);
      }
      await part.start?.();
      expect(part.pids().every((pid) => isProcessAlive(pid))).toBe(true);
      for (const pid of part.pids()) seen.add(pid);
      await Promise.all([part.stop(), part.stop()]);
      await part.stop();
      seen.delete(0);
      expect([...seen].filter((pid) => isProcessAlive(pid))).toEqual([]);
    });
  },
);

describe("a system", () => {
  it("may be stopped twice, and by several at once", async () => {
    await using scratch = await scratchFolder();
    const system = await startSystem({ folder: scratch.path, postgres: { durability: "fast" } });
    await Promise.all([system.stop(), system.stop(), system[Symbol.asyncDispose]()]);
    expect([system.postgres.pid, system.nats.pid].filter((pid) => isProcessAlive(pid))).toEqual([]);
  });
});
