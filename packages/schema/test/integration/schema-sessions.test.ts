import { createHash, randomBytes } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

describe.each(clusters())("sessions on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  const begin = (expiresAt: string, token = randomBytes(32).toString("hex")) =>
    client().query(
      `INSERT INTO sessions.active (session_token, created_at, expires_at)
       VALUES (sessions.hash_token($1), '2020-01-01', ${expiresAt})`,
      [token],
    );

  beforeEach(async () => {
    await client().query("DELETE FROM sessions.active");
  });

  it("store what a program can compute from the token itself, and no part of the token", async () => {
    const token = `tökén-${randomBytes(32).toString("hex")}`;
    await begin("now() + INTERVAL '1 hour'", token);
    const stored = await value(client(), "SELECT session_token FROM sessions.active");
    expect(stored).toBe(`sha256:${createHash("sha256").update(token).digest("hex")}`);
    expect(await value(client(), "SELECT position($1 IN a::TEXT) FROM sessions.active AS a", [token])).toBe(
      0,
    );
  });

  it("are found by the token in one partition alone", async () => {
    const { rows } = await client().query({
      text: "EXPLAIN (COSTS OFF) SELECT FROM sessions.live WHERE session_token = 'sha256:0'",
      rowMode: "array",
    });
    const scans = rows.flat().filter((line: string) => /Scan.* on active/.test(line));
    expect(scans).toHaveLength(1);
  });

  it("refuse a token that can be guessed, without repeating it", async () => {
    const refusal = await refusalOf(client().query("SELECT sessions.hash_token('hunter2')"));
    expect(refusal).toMatchObject({ code: "22023" });
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
  });

  it("are live until they expire", async () => {
    await begin("now() + INTERVAL '1 hour'");
    await begin("now() - INTERVAL '1 second'");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sessions.active")).toBe(2);
    expect(await column(client(), "SELECT expires_at > now() FROM sessions.live")).toEqual([true]);
  });

  it("are reaped when they have expired, the oldest first and no more than asked for", async () => {
    await begin("now() + INTERVAL '1 hour'");
    for (const year of [2023, 2021, 2022]) await begin(`'${year}-01-01'`);
    const left = () =>
      column(
        client(),
        "SELECT extract(year FROM expires_at)::INTEGER FROM sessions.active WHERE expires_at < now()",
      );
    expect(await value(client(), "SELECT sessions.reap_expired(2)")).toBe(2);
    expect(await left()).toEqual([2023]);
    expect(await value(client(), "SELECT sessions.reap_expired()")).toBe(1);
    expect(await value(client(), "SELECT sessions.reap_expired()")).toBe(0);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sessions.live")).toBe(1);
    expect(await refusalOf(client().query("SELECT sessions.reap_expired(0)"))).toMatchObject({
      code: "22023",
    });
  });

  it("are reaped by several reapers at once, which do not wait for each other", async () => {
    for (let session = 0; session < 6; session++) await begin("'2021-01-01'");
    const [first, second] = [
      await database().connect(),
      await database().connect({ statement_timeout: 5000 }),
    ];
    await first.query("BEGIN");
    expect(await value(first, "SELECT sessions.reap_expired(4)")).toBe(4);
    expect(await value(second, "SELECT sessions.reap_expired(4)")).toBe(2);
    await first.query("COMMIT");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sessions.active")).toBe(0);
  });
});
