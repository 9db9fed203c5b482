import { sql } from "@mister-smith/client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsAfter, type StateRow } from "../../src/hydrate/state-rows.ts";
import { openSyncLab } from "../support/sync-lab.ts";

const mebibyte = 1024 * 1024;

describe("pages of rows", () => {
  it("hold no more than is to be sent at once, however well their values are compressed", async () => {
    await using lab = await openSyncLab();
    const agentId = await lab.agent();
    // 30 of a mebibyte that are stored in some kilobytes, one that is larger than a page, and small ones.
    await lab.database.write.query(sql.type(z.object({}))`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      SELECT ${agentId}::UUID, 'a' || i, to_jsonb(repeat('x', ${mebibyte})) FROM generate_series(10, 39) AS i
      UNION ALL SELECT ${agentId}::UUID, 'b', to_jsonb(repeat('x', ${9 * mebibyte}))
      UNION ALL SELECT ${agentId}::UUID, 'c' || i, to_jsonb(i) FROM generate_series(1000, 2500) AS i`);
    const pages: (readonly StateRow[])[] = [];
    for (let after: StateRow | undefined; ; ) {
      const page = await rowsAfter(lab.database.background, { agents: [agentId], after });
      after = page.at(-1);
      if (after === undefined) break;
      pages.push(page);
    }
    expect(pages.map(({ length }) => length)).toEqual([7, 7, 7, 7, 2, 1, 1_000, 501]);
    const keys = pages.flat().map(({ stateKey }) => stateKey);
    expect(keys).toEqual([...new Set(keys)].sort());
    expect(keys).toHaveLength(1_532);
  });
});
