import { createDatabase, sql } from "@mister-smith/client";
import { expect, it } from "vitest";
import { z } from "zod";
import { createFlusher } from "../../src/flush/flusher.ts";
import { openSyncLab } from "../support/sync-lab.ts";

const nothing = z.object({});
const patience = { timeout: 30_000, interval: 25 };

it("says that messages wait, and where others have all connections, long before it is stuck", async () => {
  await using lab = await openSyncLab();
  // One connection is for probes, the other all that there is.
  await using database = await createDatabase({ primary: { url: lab.url, min: 0, max: 2 } });
  const agentId = await lab.agent();
  await using flusher = createFlusher({ database, link: lab.link, maxDelayMs: 1 });
  await flusher.start();
  await lab.put(agentId, "before", 1);
  await expect.poll(() => lab.rows(agentId), patience).toHaveProperty("before");
  await database.connect(async () => {
    await lab.put(agentId, "behind others", 1);
    await expect
      .poll(() => flusher.status(), patience)
      .toEqual({
        state: "running",
        why: expect.stringMatching(
          /^1 messages have waited for \d+ ms, and all 1 connections of the pool primary are in use$/,
        ),
      });
  });
  await expect.poll(() => lab.rows(agentId), patience).toHaveProperty("behind others");
  await expect.poll(() => flusher.status(), patience).toEqual({ state: "running", why: undefined });
  await lab.database.connect(async (holder) => {
    await holder.query(sql.type(nothing)`BEGIN`);
    await holder.query(sql.type(nothing)`LOCK TABLE agents.state IN ACCESS EXCLUSIVE MODE`);
    await lab.put(agentId, "behind a lock", 1);
    await expect
      .poll(() => flusher.status(), patience)
      .toEqual({
        state: "running",
        why: expect.stringMatching(/^1 messages have waited for \d+ ms$/),
      });
    await holder.query(sql.type(nothing)`ROLLBACK`);
  });
  await expect.poll(() => lab.rows(agentId), patience).toHaveProperty("behind a lock");
});
