import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type EmbeddedPostgres,
  type EmbeddedReplica,
  listPostgres,
  startPostgres,
} from "@mister-smith/embedded";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { smith as runTool } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

const majors = new Map((await listPostgres()).map(({ version, binDir }) => [version.major, binDir]));
const addressOf = ({ host, port }: EmbeddedPostgres) => `${host}:${port}`;

describe.each([...majors])("with a replica of PostgreSQL %s, smith", (_major, binDir) => {
  let primary: EmbeddedPostgres;
  let replica: EmbeddedReplica;
  let env: Record<string, string>;

  beforeAll(async () => {
    primary = await startPostgres({ binDir, durability: "fast" });
    replica = await primary.startReplica();
    env = { SMITH_DATABASE_REPLICA_ADDRESSES: addressOf(replica), SMITH_DATABASE_CONNECT_TIMEOUT_MS: "3000" };
    const smith = smithOn(primary.url);
    await smith.sql("CREATE TABLE notes (note TEXT)");
    await followed();
  });

  afterAll(async () => {
    await replica?.stop();
    await primary?.stop();
  });

  const onPrimary = () => smithOn(primary.url, { env });
  const onReplica = (text: string) => smithOn(replica.url).sql(text);

  async function followed() {
    const [row] = await smithOn(primary.url).sql("SELECT pg_current_wal_lsn()::text AS lsn");
    await vi.waitFor(async () => {
      const [there] = await onReplica(`SELECT pg_last_wal_replay_lsn() >= '${row?.["lsn"]}' AS there`);
      expect(there).toEqual({ there: true });
    }, 20_000);
  }

  it("db health finds every pool healthy, and says of each where it is and how it answers", async () => {
    const { code, json } = await onPrimary()("db health");
    expect(json.pools.map(({ name }: { name: string }) => name)).toEqual([
      "primary",
      "replica_0",
      "background",
      "analytics",
    ]);
    for (const pool of json.pools)
      expect(pool).toMatchObject({ healthy: true, reachable: true, breaker: "closed", next: null });
    expect(json.pools[0]).toMatchObject({ address: addressOf(primary), role: "primary", lagMs: null });
    expect(json.pools[1]).toMatchObject({ address: addressOf(replica), role: "replica", lagBytes: 0 });
    expect(json.healthy).toBe(true);
    expect(code).toBe(0);
  });

  it("db lag shows what a replica lacks while its replay is paused, and none when it has caught up", async () => {
    const smith = onPrimary();
    await onReplica("SELECT pg_wal_replay_pause()");
    await smith.sql("INSERT INTO notes SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
    const paused = await smith("db lag");
    expect(paused.json.replicas).toEqual([
      expect.objectContaining({
        name: "replica_0",
        address: addressOf(replica),
        state: "replay paused",
        next: expect.stringContaining("pg_wal_replay_resume"),
      }),
    ]);
    expect(paused.json.replicas[0].lagBytes).toBeGreaterThan(1_000_000);
    expect(paused.json.replicas[0].lagMs).toBeGreaterThan(0);
    expect(paused.code).toBe(1);

    await onReplica("SELECT pg_wal_replay_resume()");
    await followed();
    const { code, json } = await smith("db lag");
    expect(json.replicas).toEqual([
      expect.objectContaining({ state: "streaming", lagBytes: 0, lagMs: 0, next: null }),
    ]);
    expect(json.primary).toMatchObject({ address: addressOf(primary), followers: [{ state: "streaming" }] });
    expect(code).toBe(0);
  });

  it("db pools shows who is connected to each server, and warns when a role has nearly all it may have", async () => {
    const smith = onPrimary();
    await smith.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 1 PASSWORD 'few'");
    const url = new URL(primary.url);
    url.username = "few";
    url.password = "few";
    const client = new Client({ connectionString: url.href, application_name: "the culprit" });
    await client.connect();
    try {
      await client.query("BEGIN");
      const { code, json } = await smith("db pools");
      const [ofPrimary, ofReplica] = json.servers;
      expect(ofPrimary).toMatchObject({
        role: "primary",
        roles: [{ role: "few", used: 1, limit: 1 }],
        warnings: [expect.stringContaining("the role few has 1 of its 1 connections")],
        limits: { max: expect.any(Number), reserved: expect.any(Number) },
      });
      expect(ofPrimary.connections).toContainEqual(
        expect.objectContaining({
          application: "the culprit",
          role: "few",
          state: "idle in transaction",
          connections: 1,
        }),
      );
      expect(ofReplica).toMatchObject({ role: "replica", address: addressOf(replica) });
      expect(ofReplica.connections).toContainEqual(expect.objectContaining({ application: "smith" }));
      expect(code).toBe(1);
    } finally {
      await client.end();
      await vi.waitFor(() => smith.sql("DROP ROLE few"));
    }
    expect((await smith("db pools")).code).toBe(0);
  });

  it("db pools counts for a role without rights also what it may not see, and calls that hidden", async () => {
    const smith = onPrimary();
    await smith.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const url = new URL(primary.url);
    url.username = "guest";
    url.password = "guest";
    const other = new Client({ connectionString: primary.url, application_name: "of somebody else" });
    await other.connect();
    try {
      const asGuest = smithOn(url.href, { env });
      const { code, json } = await asGuest("db pools");
      expect(json.servers[0].connections).toContainEqual(
        expect.objectContaining({ application: "of somebody else", state: "hidden", longestMs: null }),
      );
      expect(json.servers[0].limits.used).toBeGreaterThanOrEqual(2);
      expect(code).toBe(0);
      const lag = await asGuest("db lag");
      expect(lag.json.primary.followers).toEqual([expect.objectContaining({ state: null, lagBytes: null })]);
      expect(lag.json.replicas).toEqual([expect.objectContaining({ state: "streaming", lagBytes: 0 })]);
      expect((await asGuest("db health")).code).toBe(0);
    } finally {
      await other.end();
      await vi.waitFor(() => smith.sql("DROP ROLE guest"));
    }
  });

  it("names a replica that is gone, why, and what to do, and ends with code 1 while writes have a server", async () => {
    await replica.kill();
    try {
      const health = await onPrimary()("db health");
      expect(health.json.healthy).toBe(false);
      expect(health.json.pools).toContainEqual(
        expect.objectContaining({
          name: "replica_0",
          healthy: false,
          reachable: false,
          why: expect.stringContaining("ECONNREFUSED"),
          next: expect.stringContaining("Start it"),
        }),
      );
      expect(health.json.pools).toContainEqual(expect.objectContaining({ name: "primary", healthy: true }));
      expect(health.code).toBe(1);

      const lag = await onPrimary()("db lag");
      expect(lag.json.replicas).toEqual([expect.objectContaining({ state: "unreachable", lagBytes: null })]);
      expect(lag.json.primary.slots).toEqual([
        expect.objectContaining({ slot: replica.slot, active: false }),
      ]);
      expect(lag.code).toBe(1);
      expect((await onPrimary()("db pools")).code).toBe(1);

      const url = { SMITH_DATABASE_URL: primary.url };
      const text = await runTool(["db", "health"], { env: { ...env, ...url } });
      expect(text.stdout).toContain(`${addressOf(replica)}: Start it`);
      expect(text.code).toBe(1);
    } finally {
      await replica.start();
    }
    await vi.waitFor(async () => expect((await onPrimary()("db lag")).code).toBe(0), 20_000);
  });

  it("finds the server that takes writes among several addresses, wherever the URL points", async () => {
    const addresses = { SMITH_DATABASE_ADDRESSES: `${addressOf(replica)},${addressOf(primary)}` };
    const smith = smithOn(replica.url, { env: addresses });
    const { code, json } = await smith("db health");
    expect(json.pools[0]).toMatchObject({ name: "primary", address: addressOf(primary), healthy: true });
    expect(code).toBe(0);
  });

  it("refuses a server in recovery where the primary should be, and says which it is", async () => {
    const { code, json } = await smithOn(replica.url)("db health");
    expect(json.pools[0]).toMatchObject({ name: "primary", role: "replica", healthy: false });
    expect(json.pools[0].why).toContain("is in recovery");
    expect(json.pools[0].next).toContain("Promote it");
    expect(code).toBe(6);
  });

  it("says with code 6 that no server takes writes, and still asks the replica", async () => {
    await primary.kill();
    try {
      const health = await onPrimary()("db health");
      expect(health.json.pools[0]).toMatchObject({ name: "primary", healthy: false, reachable: false });
      expect(health.code).toBe(6);
      const lag = await onPrimary()("db lag");
      expect(lag.json.primary).toMatchObject({ reachable: false, lsn: null });
      expect(lag.json.replicas).toEqual([expect.objectContaining({ lagBytes: null, unreplayedBytes: 0 })]);
      expect(lag.code).toBe(6);
      const pools = await onPrimary()("db pools");
      expect(pools.json.servers[1]).toMatchObject({
        role: "replica",
        limits: { database: expect.any(String) },
      });
      expect(pools.code).toBe(6);
    } finally {
      await primary.start();
    }
  });
});

describe("smith, where no server answers,", () => {
  const closed = "postgres://smith@127.0.0.1:1/smith";

  it.each(["db health", "db lag", "db pools"])("shows it as %s does, and ends with code 6", async (line) => {
    const { code, json } = await smithOn(closed)(line);
    expect(JSON.stringify(json)).toContain("ECONNREFUSED");
    expect(code).toBe(6);
  });

  it.each(["partitions list", "indexes list", "partitions maintain"])("ends %s with code 6", async (line) => {
    const { code, json } = await smithOn(closed)(line);
    expect(json.error).toMatchObject({ code: "DATABASE", exitCode: 6 });
    expect(json.error.message).toContain("ECONNREFUSED");
    expect(code).toBe(6);
  });

  it.each(["db health", "db lag", "db pools", "indexes list"])(
    "does not hang in %s when a server swallows what it is sent",
    async (line) => {
      await using silent = await silentServer();
      const env = {
        SMITH_DATABASE_CONNECT_TIMEOUT_MS: "300",
        SMITH_DATABASE_REPLICA_ADDRESSES: silent.address,
      };
      const { code } = await smithOn(`postgres://smith@${silent.address}/smith`, { env })(line);
      expect(silent.taken()).toBeGreaterThan(0);
      expect(code).toBe(6);
    },
  );

  it("refuses an option that the client does not take as a fault of the configuration", async () => {
    const { code, json } = await smithOn(`${closed}?keepalives=1`)("db health");
    expect(json.error).toMatchObject({ code: "CONFIG", exitCode: 2 });
    expect(json.error.message).toContain("keepalives");
    expect(code).toBe(2);
  });
});

/** Takes connections and answers nothing. */
async function silentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    taken: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
