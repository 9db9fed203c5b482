import type { EmbeddedReplica } from "@mister-smith/embedded";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { addNote, countNotes, openDatabase, serverPort } from "../support/replicated-database.ts";
import { ask, atLeastTwo, postgresMajors } from "../support/replicated-servers.ts";
import { type ResettableServers, resettableServers } from "../support/resettable-servers.ts";

describe.each(await postgresMajors())(
  "a replica that a failover left behind on PostgreSQL $major",
  ({ binDir }) => {
    let servers: ResettableServers;
    let promoted: EmbeddedReplica;
    let strayed: EmbeddedReplica;
    let db: Database | undefined;
    beforeAll(async () => {
      servers = await resettableServers({ binDir, replicas: 2 });
      [promoted, strayed] = atLeastTwo(servers.replicas);
    });
    beforeEach(async () => {
      await servers.reset();
      await ask(servers.primary.url, "CREATE ROLE plain LOGIN; GRANT ALL ON notes TO plain");
      await ask(servers.primary.url, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    });
    afterEach(async () => {
      await db?.close();
    });
    afterAll(async () => {
      await servers[Symbol.asyncDispose]();
    });

    it.each(["postgres", "plain"])(
      "is not read from, though it has more log than the new primary, as the role %s",
      async (user) => {
        const opened = await open(user);
        await failOverWithout(opened, 5_000);
        await expectNoReads(opened);
      },
    );

    it("is not read from by who comes after the failover either", async () => {
      const before = await open("postgres");
      await failOverWithout(before, 5_000);
      await before.close();
      const opened = await open("postgres");
      await opened.ready();
      await expectNoReads(opened);
    });

    it("is read from again when it follows the new primary", async () => {
      const opened = await open("postgres");
      // It has no more than the one that is promoted.
      await ask(strayed.url, "ALTER SYSTEM SET primary_conninfo = ''");
      await ask(strayed.url, "SELECT pg_reload_conf()");
      await eventually("the replica receives no more", async () => {
        const [row] = await ask(strayed.url, "SELECT count(*)::int AS n FROM pg_stat_wal_receiver");
        return row?.["n"] === 0;
      });
      const [last] = await ask(strayed.url, "SELECT pg_last_wal_receive_lsn()::text AS lsn");
      await eventually("the other replica has as much", async () => {
        const [row] = await ask(
          promoted.url,
          `SELECT pg_last_wal_replay_lsn() >= '${last?.["lsn"]}' AS there`,
        );
        return row?.["there"] === true;
      });
      await servers.primary.kill();
      await ask(promoted.url, "SELECT pg_promote()");
      const conninfo = `host=127.0.0.1 port=${promoted.port} user=postgres`;
      await ask(strayed.url, "ALTER SYSTEM SET primary_slot_name = ''");
      await ask(strayed.url, `ALTER SYSTEM SET primary_conninfo = '${conninfo}'`);
      await ask(strayed.url, "SELECT pg_reload_conf()");
      await eventually("the replica follows", async () => (await opened.health()).healthy);
      const { token } = await opened.writeWithToken((tx) => tx.oneFirst(addNote(10_000)));
      const after = opened.read.after(token);
      expect(await after.oneFirst(countNotes)).toBe(1);
      expect(await opened.read.oneFirst(serverPort)).toBe(strayed.port);
    });

    async function open(user: string): Promise<Database> {
      const as = ({ url }: { readonly url: string }) => {
        const changed = new URL(url);
        changed.username = user;
        return { url: changed.href };
      };
      db = await openDatabase({
        primaries: [servers.primary, promoted].map(as),
        replicas: [as(strayed)],
      });
      return db;
    }

    // The other replica gets so many notes that the promoted one does not.
    async function failOverWithout(opened: Database, notes: number): Promise<void> {
      await eventually(
        "the replica takes reads",
        async () => (await opened.read.oneFirst(serverPort)) === strayed.port,
      );
      await ask(promoted.url, "ALTER SYSTEM SET primary_conninfo = ''");
      await ask(promoted.url, "SELECT pg_reload_conf()");
      await eventually("the replica receives no more", async () => {
        const [row] = await ask(promoted.url, "SELECT count(*)::int AS n FROM pg_stat_wal_receiver");
        return row?.["n"] === 0;
      });
      await ask(
        servers.primary.url,
        `INSERT INTO notes SELECT n, repeat('x', 200) FROM generate_series(1, ${notes}) AS n`,
      );
      await eventually("the other one has it all", async () => {
        const [row] = await ask(strayed.url, "SELECT count(*)::int AS n FROM notes");
        return row?.["n"] === notes;
      });
      await servers.primary.kill();
      await ask(promoted.url, "SELECT pg_promote()");
      await opened.write.one(addNote(9_999));
      await ask(promoted.url, "TRUNCATE notes");
    }

    async function expectNoReads(opened: Database): Promise<void> {
      const { token, value } = await opened.writeWithToken((tx) => tx.oneFirst(addNote(10_000)));
      expect([value, token.slice(0, 2)]).toEqual([10_000, "2:"]);
      for (let probes = 0; probes < 10; probes += 1) {
        expect(await opened.read.after(token).oneFirst(countNotes)).toBe(1);
        expect(await opened.read.oneFirst(countNotes)).toBe(1);
        const replica = (await opened.health()).pools.find(({ pool }) => pool === "replica");
        expect(replica).toMatchObject({ healthy: false, lagMs: null, lagBytes: null });
        expect(replica?.why).toContain("does not follow the server that takes writes");
      }
    }
  },
);
