import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { unknownId, useOperatedSystem } from "./operated-system.ts";

describe.each(clusters())("smith vacuum on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const parameters = async () =>
    (await system().sql("SELECT reloptions FROM pg_class WHERE oid = 'notes'::REGCLASS"))[0]?.["reloptions"];
  beforeAll(async () => {
    await system().sql("SELECT pg_stat_reset()");
    await system().sql(`
      CREATE TABLE notes (id INTEGER, note TEXT) WITH (autovacuum_enabled = off);
      INSERT INTO notes SELECT i, repeat('x', 100) FROM generate_series(1, 1000) AS i;
      UPDATE notes SET note = 'y'`);
    await vi.waitFor(async () => {
      const [row] = await system().sql(
        "SELECT n_tup_upd::INTEGER AS updated FROM pg_stat_user_tables WHERE relname = 'notes'",
      );
      expect(row).toEqual({ updated: 1000 });
    }, 20_000);
  });

  it("advises, shows what it would run, does it, follows it and takes it back", async () => {
    const advised = await system().smith("vacuum advise");
    expect(advised.code).toBe(0);
    expect(advised.json.advice).toContainEqual(
      expect.objectContaining({ schema: "public", table: "notes", parameters: { autovacuum_enabled: null } }),
    );
    const { stdout } = await system().text("vacuum apply public.notes --dry-run");
    expect(stdout).toContain('ALTER TABLE "public"."notes" RESET (autovacuum_enabled);');
    expect(stdout).toContain("nothing was run");
    expect(await parameters()).toEqual(["autovacuum_enabled=off"]);

    const { code, json } = await system().smith("vacuum apply notes");
    expect([code, await parameters()]).toEqual([0, null]);
    const id = json.change.change_id;
    const [change] = (await system().smith("vacuum watch")).json.changes;
    expect(change).toMatchObject({
      changeId: id,
      table: "public.notes",
      revertedAt: null,
      deadShareThen: 0.5,
    });
    expect((await system().text("vacuum watch")).stdout).toContain("autovacuum_enabled = default");

    expect((await system().smith(`vacuum revert ${id}`)).code).toBe(0);
    expect(await parameters()).toEqual(["autovacuum_enabled=off"]);
    expect((await system().smith(`vacuum revert ${id}`)).code).toBe(8);
  });

  it("names what is not there, and what is no duration", async () => {
    const exit = async (line: string) => {
      const { code, stderr } = await system().smith(line);
      return [code, stderr];
    };
    expect(await exit("vacuum advise nowhere")).toEqual([
      8,
      expect.stringContaining("the table nowhere does not exist"),
    ]);
    expect(await exit("vacuum apply nowhere")).toEqual([8, expect.stringContaining("nowhere")]);
    expect(await exit(`vacuum revert ${unknownId}`)).toEqual([8, expect.stringContaining(unknownId)]);
    expect(await exit("vacuum advise --over soon")).toEqual([2, expect.stringContaining("--over soon")]);
    expect((await system().smith("vacuum advise --over 1ms")).json.advice).toEqual([]);
  });
});
