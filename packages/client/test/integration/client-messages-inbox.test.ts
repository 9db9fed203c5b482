import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Statement, sql } from "../../src/index.ts";
import { claimStatement } from "../../src/messages/claim-deliveries.ts";
import { messageStatement } from "../../src/messages/get-message.ts";
import { type InboxOptions, inboxStatement } from "../../src/messages/inbox.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";

const dayMs = 86_400_000;

describe.each(clusters())("an inbox on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const messages = () => database().db.messages;
  let ada = "";
  beforeEach(async () => {
    [ada = ""] = await registerAgents(database().db, ["reader"]);
  });

  const walk = async (which: InboxOptions, between?: (page: number) => Promise<unknown>) => {
    const seen: unknown[] = [];
    let cursor: string | null = null;
    for (let page = 0; page === 0 || cursor !== null; page++) {
      const { items, nextCursor } = await messages().inbox(ada, { ...which, cursor });
      seen.push(...items.map(({ payload }) => payload));
      cursor = nextCursor;
      await between?.(page);
    }
    return seen;
  };

  it.each(["newest", "oldest"] as const)("is read %s first, page by page, across days", async (order) => {
    const noon = Date.now() - 2 * dayMs;
    const given = Array.from({ length: 25 }, (_, at) => ({
      toAgentId: ada,
      payload: at,
      sentAt: new Date(noon + at * (dayMs / 8)),
    }));
    await messages().sendMany(given.toReversed());
    const numbers = given.map(({ payload }) => payload);
    for (const limit of [1, 7, 25, 100])
      expect(await walk({ order, limit })).toEqual(order === "oldest" ? numbers : numbers.toReversed());
  });

  it("keeps apart messages of one moment", async () => {
    const sentAt = new Date();
    await messages().sendMany(
      Array.from({ length: 9 }, (_, payload) => ({ toAgentId: ada, payload, sentAt })),
    );
    expect((await walk({ limit: 2 })).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await walk({ limit: 2, order: "oldest" })).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("shows each message that was there once, while others come late and early and some are dealt with", async () => {
    const start = Date.now() - dayMs;
    const at = (index: number) => new Date(start + index * 60_000);
    await messages().sendMany(
      Array.from({ length: 20 }, (_, index) => ({ toAgentId: ada, payload: index, sentAt: at(index) })),
    );
    for (const order of ["newest", "oldest"] as const) {
      const seen = await walk({ order, limit: 3, state: "all" }, async (page) => {
        await messages().send({ toAgentId: ada, payload: "new" });
        // Its time lies among those that were read, and among those that were not.
        for (const index of [0.5, page + 0.5, 19.5])
          await messages().send({ toAgentId: ada, payload: "late", sentAt: at(index) });
        await messages().acknowledge(await messages().receive(ada));
      });
      const old = seen.filter((payload) => typeof payload === "number");
      expect(old).toHaveLength(20);
      expect(new Set(old).size).toBe(20);
    }
  });

  it("shows a message that was committed late to the next walk, and receive has missed none", async () => {
    await messages().send({ toAgentId: ada, payload: "first" });
    await database().db.transaction(async (tx) => {
      await tx.messages.send({ toAgentId: ada, payload: "slow" });
      await messages().send({ toAgentId: ada, payload: "quick" });
      expect(await walk({ order: "oldest" })).toEqual(["first", "quick"]);
      await messages().acknowledge(await messages().receive(ada, { limit: 9 }));
    });
    expect(await walk({ order: "oldest" })).toEqual(["slow"]);
    expect(await messages().receive(ada, { limit: 9 })).toMatchObject([{ payload: "slow" }]);
  });

  it("can be narrowed to what is urgent, and to what is settled", async () => {
    await messages().sendMany([1, 5, 9].map((priority) => ({ toAgentId: ada, payload: priority, priority })));
    expect(await walk({ minPriority: 5 })).toEqual([9, 5]);
    await messages().acknowledge(await messages().receive(ada));
    expect(await walk({ state: "settled" })).toEqual([9]);
    expect(await walk({ state: "open" })).toEqual([5, 1]);
    expect(await walk({ state: "all" })).toEqual([9, 5, 1]);
  });

  it("takes only cursors of its own order", async () => {
    await messages().sendMany([1, 2].map((payload) => ({ toAgentId: ada, payload })));
    const { nextCursor } = await messages().inbox(ada, { limit: 1 });
    for (const cursor of ["x", "", nextCursor]) {
      await expect(messages().inbox(ada, { order: "oldest", cursor })).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
    }
  });
});

describe.each(clusters())("with many messages, PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let ada = "";
  let queue = "";

  // 12,000 deliveries of 100 agents over three days, most of them settled, and 6,000 in a queue.
  beforeAll(async () => {
    const { db } = database();
    const agents = await registerAgents(
      db,
      Array.from({ length: 100 }, () => "busy"),
    );
    [ada = ""] = agents;
    queue = (await db.messages.openChannel({ channelName: "work", channelType: "queue" })).channelId;
    const run = (statement: Statement) => db.write.query(statement);
    await run(sql.type(z.object({}))`
      WITH sent AS (
        INSERT INTO messages.log (to_agent_id, channel_id, message_type, sent_at)
        SELECT
          CASE WHEN i <= 12000 THEN (${sql.array(agents, "uuid")})[i % 100 + 1] END,
          CASE WHEN i > 12000 THEN ${queue}::UUID END, 'command', now() - i % 4000 * INTERVAL '1 minute'
        FROM generate_series(1, 18000) AS i
        RETURNING *
      )
      INSERT INTO messages.deliveries (message_id, sent_at, agent_id, queue_id, settled_at, outcome)
      SELECT message_id, sent_at, to_agent_id, channel_id,
        CASE WHEN n % 10 <> 0 THEN now() END, CASE WHEN n % 10 <> 0 THEN 'processed' END
      FROM (SELECT *, row_number() OVER () AS n FROM sent) AS s
    `);
    await run(sql.type(z.object({}))`ANALYZE messages.deliveries, messages.log, agents.registry`);
  });

  interface Plan {
    readonly nodes: readonly string[];
    readonly rows: number;
  }
  const node = z.object({
    "Node Type": z.string(),
    "Relation Name": z.string().optional(),
    "Index Name": z.string().optional(),
    "Actual Rows": z.number(),
    "Actual Loops": z.number(),
    "Rows Removed by Filter": z.number().optional(),
    Plans: z.array(z.unknown()).optional(),
  });
  // What the server did: scans that ran, as `type relation index`, and the most rows that one of them read.
  async function planOf(statement: Statement): Promise<Plan> {
    const { db } = database();
    const nodes: string[] = [];
    let rows = 0;
    const visit = (given: unknown) => {
      const { Plans = [], ...one } = node.parse(given);
      if (
        one["Actual Loops"] > 0 &&
        /Scan/.test(one["Node Type"]) &&
        !/CTE|Function|Subquery/.test(one["Node Type"])
      ) {
        nodes.push(`${one["Node Type"]} ${one["Relation Name"] ?? ""} ${one["Index Name"] ?? ""}`.trim());
        rows = Math.max(
          rows,
          one["Actual Rows"] * one["Actual Loops"] + (one["Rows Removed by Filter"] ?? 0),
        );
      }
      Plans.forEach(visit);
    };
    const explained = z.object({ "QUERY PLAN": z.array(z.object({ Plan: z.unknown() })) });
    const undone = new RangeError("only looked at");
    await db
      .transaction(async (tx) => {
        const [found] = await tx.any(sql.type(explained)`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`);
        visit(found?.["QUERY PLAN"][0]?.Plan);
        throw undone;
      })
      .catch((error: unknown) => expect(error).toBe(undone));
    return { nodes, rows };
  }

  const how = { limit: 10, leaseMs: 60_000, maxAttempts: 5, minPriority: 0 };

  it("hands out by the index of what is due, and reads no more than it hands out", async () => {
    const own = await planOf(
      claimStatement({ ...how, agentId: ada, source: sql.fragment`d.agent_id = ${ada}::UUID` }),
    );
    expect(own.nodes.join("\n")).toMatch(/Index Scan deliveries idx_messages_deliveries_due/);
    expect(own.nodes.filter((scan) => /^Seq Scan/.test(scan))).toEqual([]);
    expect(own.rows).toBeLessThanOrEqual(10);

    const source = sql.fragment`d.queue_id = (SELECT c.channel_id FROM messages.channels AS c WHERE c.channel_name = 'work')`;
    const ofQueue = await planOf(claimStatement({ ...how, agentId: ada, source }));
    expect(ofQueue.nodes.join("\n")).toMatch(/Index Scan deliveries idx_messages_deliveries_queue_due/);
    expect(ofQueue.rows).toBeLessThanOrEqual(10);
  });

  it.each(["newest", "oldest"] as const)(
    "reads an inbox %s first by its index, a page and no more",
    async (order) => {
      const which = { limit: 10, state: "all", order, minPriority: 0 } as const;
      const first = await planOf(inboxStatement(ada, which, null));
      expect(first.nodes.join("\n")).toMatch(
        /Index Scan( Backward)? deliveries idx_messages_deliveries_inbox/,
      );
      expect(first.nodes.filter((scan) => /^Seq Scan/.test(scan))).toEqual([]);
      expect(first.rows).toBeLessThanOrEqual(11);
      const cursor = new Date(Date.now() - 1.5 * dayMs).toISOString().replace("Z", "000Z");
      const next = await planOf(inboxStatement(ada, which, [cursor, ada]));
      expect(next.rows).toBeLessThanOrEqual(11);
    },
  );

  it("looks for a message in its day alone when it knows the day", async () => {
    const [{ messageId, sentAt } = { messageId: "", sentAt: new Date() }] = (
      await database().db.messages.inbox(ada, { limit: 1 })
    ).items;
    const dated = await planOf(messageStatement(messageId, sentAt));
    expect(dated.nodes.filter((scan) => / log_/.test(scan))).toHaveLength(1);
    const undated = await planOf(messageStatement(messageId, undefined));
    expect(undated.nodes.filter((scan) => / log_/.test(scan)).length).toBeGreaterThan(2);
  });

  it("joins an inbox to the days of its messages alone", async () => {
    const newest = await planOf(
      inboxStatement(ada, { limit: 10, state: "all", order: "newest", minPriority: 0 }, null),
    );
    const days = new Set(newest.nodes.flatMap((scan) => / (log_\S+)/.exec(scan)?.[1] ?? []));
    expect(days.size).toBeGreaterThan(0);
    expect(days.size).toBeLessThanOrEqual(2);
  });
});
