import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase } from "@mister-smith/client";
import { startNats, startNatsCluster, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { describe, expect, it } from "vitest";
import { syncConfig } from "../../src/config/sync-config.ts";
import { readPosition } from "../../src/flush/find-position.ts";
import { createFlusher, type FlusherOptions } from "../../src/flush/flusher.ts";
import { stateStream, stateSubject } from "../../src/keys/state-subject.ts";
import { connectNats } from "../../src/nats/nats-link.ts";
import { createStateStore } from "../../src/store/create-state-store.ts";
import { ensureTopology } from "../../src/topology/ensure-topology.ts";
import { writeNumbers } from "../support/acknowledged-writes.ts";
import { backOnServer } from "../support/back-on-server.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

const keys = ["a", "b", "c", "d"];
const patience = { timeout: 30_000, interval: 25 };

describe("no acknowledged write is lost, and both sides are equal,", { timeout: 90_000 }, () => {
  it("when PostgreSQL is killed under load", async () => {
    await using postgres = await startPostgres({ database: "smith", durability: "fast" });
    await migrateUp({ connection: postgres.url, folder: migrationsFolder() });
    await using database = await createDatabase({
      primary: { url: postgres.url, min: 0 },
      monitor: { intervalMs: 200, timeoutMs: 1_000 },
    });
    await using lab = await openSyncLab();
    const here: SyncLab = { ...lab, database };
    const { agentId } = await database.agents.register({ agentType: "tester", agentName: "of disasters" });
    await using flusher = await flushing(here);
    const writes = writeNumbers(here, agentId, keys);
    await expect.poll(() => flusher.position, patience).toBeDefined();
    for (const at of [30, 300]) {
      await expect.poll(() => writes.last.get("a") ?? 0, patience).toBeGreaterThan(at);
      await postgres.kill();
      // What waits is told while it waits.
      await expect.poll(() => flusher.lag.messages, patience).toBeGreaterThan(100);
      expect(flusher.lag.ms).toBeGreaterThan(0);
      await postgres.start();
    }
    await writes.stop();
    await flushed(here);
    for (const [stateKey, number] of writes.last)
      expect((await database.state.get({ agentId, stateKey }))?.stateValue, stateKey).toBe(number);
  });

  it("when one node of three is killed under load", async () => {
    await using cluster = await startNatsCluster();
    const [first] = cluster.nodes;
    if (first === undefined) throw new Error("there is no node");
    // What was asked of the node that dies is lost: it is not waited for long.
    await using link = await connectNats({ servers: cluster.url, timeoutMs: 2_000 });
    const streams = { taskExecution: { maxBytes: 67_108_864 }, agentState: { maxBytes: 67_108_864 } };
    await expect
      .poll(
        async () => (await ensureTopology(link, syncConfig.parse({ streams }), { apply: true })).state,
        patience,
      )
      .toBe("ready");
    await using lab = await openSyncLab({ nats: first });
    const here: SyncLab = {
      ...lab,
      link,
      put: async (agentId, stateKey, value) =>
        (await link.js.publish(stateSubject({ agentId, stateKey }), JSON.stringify(value))).seq,
    };
    const agentId = await lab.agent();
    await using flusher = await flushing(here);
    await expect.poll(() => flusher.position, patience).toBeDefined();
    const writes = writeNumbers(here, agentId, keys);
    await expect.poll(() => writes.last.get("a") ?? 0, patience).toBeGreaterThan(20);
    const { cluster: raft } = await link.manager.streams.info(stateStream);
    await cluster.nodes.find(({ serverName }) => serverName === raft?.leader)?.kill();
    const before = writes.last.get("a") ?? 0;
    await expect.poll(() => writes.last.get("a") ?? 0, patience).toBeGreaterThan(before + 20);
    await writes.stop();
    await flushed(here);
    const rows = await lab.rows(agentId);
    for (const [key, number] of writes.last) expect(rows[key]?.value, key).toBeGreaterThanOrEqual(number);
  });

  it("when the disk under JetStream is full: what was refused was said to be", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "smith-full-"));
    const disk = join(folder, "disk");
    await mkdir(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=0777", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      await rm(folder, { recursive: true });
      return context.skip("mounting a small file system is not permitted here");
    }
    try {
      await using nats = await startNats({ storeDir: join(disk, "store") });
      const streams = {
        taskExecution: { maxBytes: 1_048_576 },
        agentState: { maxBytes: 1_048_576 },
        agentMessages: { maxBytes: 1_048_576 },
      };
      await using lab = await openSyncLab({ nats, config: { streams } });
      const agentId = await lab.agent();
      await using _ = await flushing(lab);
      const ballast = join(disk, "ballast");
      const acknowledged = new Map<string, number>();
      let refused = 0;
      const write = async (from: number, count: number) => {
        for (let number = from; number < from + count; number += 1) {
          try {
            await lab.put(agentId, `key.${number % 8}`, { number, text: "x".repeat(50_000) });
            acknowledged.set(`key.${number % 8}`, number);
          } catch {
            refused += 1;
          }
        }
      };
      await write(1, 40);
      expect(refused).toBe(0);
      await writeFile(ballast, Buffer.alloc(64 * 1_048_576)).catch(() => {});
      await Promise.all([write(101, 1), write(102, 1)]);
      expect(refused).toBeGreaterThan(0);
      await writeFile(ballast, "");
      await backOnServer(lab.link, async () => {
        await nats.kill();
        await nats.start();
      });
      await write(201, 16);
      await flushed(lab);
      const rows = await lab.rows(agentId);
      for (const [key, number] of acknowledged) expect(rows[key]?.value, key).toMatchObject({ number });
    } finally {
      execFileSync("umount", ["--lazy", disk]);
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("when the bucket has lost its end and gives its numbers out again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "smith-tail-"));
    await using nats = await startNats({ storeDir: join(folder, "store") });
    await using lab = await openSyncLab({ nats });
    const agentId = await lab.agent();
    const identities: string[] = [];
    const flusher = await flushing(lab, { onIdentity: (identity) => identities.push(identity) });
    for (const key of keys) await lab.put(agentId, key, "kept");
    await flushed(lab);
    await flusher.stop();
    await backOnServer(lab.link, async () => {
      await nats.stop();
      await cp(join(folder, "store"), join(folder, "older"), { recursive: true });
      await nats.start();
    });
    await lab.put(agentId, "lost", "in PostgreSQL alone");
    await flusher.start();
    await flushed(lab);
    await flusher.stop();
    const before = await readPosition(lab.database);
    // An older copy of the store is put back, and another write gets the number of the one that was lost.
    await backOnServer(lab.link, async () => {
      await nats.stop();
      await rm(join(folder, "store"), { recursive: true });
      await cp(join(folder, "older"), join(folder, "store"), { recursive: true });
      await nats.start();
    });
    await lab.put(agentId, "new", "after");
    await lab.put(agentId, "a", "newer");
    await flusher.start();
    await expect.poll(async () => (await lab.rows(agentId))["a"]?.value, patience).toBe("newer");
    expect(await lab.rows(agentId)).toMatchObject({
      new: { value: "after" },
      lost: { value: "in PostgreSQL alone" },
    });
    expect(identities).toContain("tail lost");
    expect((await readPosition(lab.database))?.incarnation).toBe((before?.incarnation ?? 0) + 1);
    await flusher.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe("when the bucket is put back from an older copy while nobody flushes,", () => {
    it("a durable write that was lost with its end does not resolve by another's flush", async () => {
      await using copied = await openCopied();
      const { lab, agentId } = copied;
      await using flusher = await flushing(lab);
      await using store = await createStateStore(lab);
      await store.put(agentId, "a", "kept", { durability: "durable", timeoutMs: 60_000 });
      await flusher.stop();
      await copied.copy();
      const waiting = Promise.allSettled([
        store.put(agentId, "lost", "mine", { durability: "durable", timeoutMs: 60_000 }),
      ]);
      await expect.poll(async () => (await store.get(agentId, "lost"))?.value, patience).toBe("mine");
      await copied.putBack();
      await lab.put(agentId, "new", 1);
      await lab.put(agentId, "new", 2);
      await flusher.start();
      expect(await waiting).toMatchObject([
        { status: "rejected", reason: { code: "TIMEOUT", details: { outcome: "unknown" } } },
      ]);
      expect(await lab.rows(agentId)).toMatchObject({ new: { value: 2 } });
      expect((await lab.rows(agentId))["lost"]).toBeUndefined();
    });

    it("a durable write that gets a number which was flushed before waits for its own flush", async () => {
      await using copied = await openCopied();
      const { lab, agentId } = copied;
      await using flusher = await flushing(lab);
      await using store = await createStateStore({ ...lab, timeoutMs: 60_000, durableTimeoutMs: 60_000 });
      await store.put(agentId, "a", 0, { durability: "durable" });
      await flusher.stop();
      await copied.copy();
      await flusher.start();
      for (let at = 1; at <= 5; at += 1) await store.put(agentId, "a", at, { durability: "durable" });
      await flusher.stop();
      await copied.putBack();
      const waiting = store
        .put(agentId, "after", "mine", { durability: "durable" })
        .then(async () => (await lab.rows(agentId))["after"]?.value);
      await expect.poll(async () => (await store.get(agentId, "after"))?.value, patience).toBe("mine");
      // Writes that are stored after it, and a look at the database, give a wrong answer the time to come.
      await store.put(agentId, "b", 1);
      await lab.rows(agentId);
      await flusher.start();
      expect(await waiting).toBe("mine");
    });
  });

  /** A lab whose server keeps its store in a folder that can be copied, and put back. */
  async function openCopied() {
    const folder = await mkdtemp(join(tmpdir(), "smith-copied-"));
    const nats = await startNats({ storeDir: join(folder, "store") });
    const lab = await openSyncLab({ nats });
    return {
      lab,
      agentId: await lab.agent(),
      copy: () =>
        backOnServer(lab.link, async () => {
          await nats.stop();
          await cp(join(folder, "store"), join(folder, "older"), { recursive: true });
          await nats.start();
        }),
      putBack: () =>
        backOnServer(lab.link, async () => {
          await nats.stop();
          await rm(join(folder, "store"), { recursive: true });
          await cp(join(folder, "older"), join(folder, "store"), { recursive: true });
          await nats.start();
        }),
      async [Symbol.asyncDispose]() {
        await lab[Symbol.asyncDispose]();
        await nats.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  async function flushing(lab: SyncLab, own: Partial<FlusherOptions> = {}) {
    const { database, link } = lab;
    const flusher = createFlusher({ database, link, ...own });
    await flusher.start();
    return flusher;
  }

  async function flushed({ link, database }: SyncLab): Promise<void> {
    await expect
      .poll(async () => {
        const info = await link.manager.streams.info(stateStream).catch(() => undefined);
        const position = await readPosition(database).catch(() => undefined);
        return info !== undefined && position?.sequence === info.state.last_seq;
      }, patience)
      .toBe(true);
  }
});
