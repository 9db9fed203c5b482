import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { pageOfAgents } from "../../src/agents/find-agents.ts";
import { type Database, type Statement, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

const nothing = z.object({});
const base = { agentType: "coder", agentName: "Ada" };

async function planOf(db: Database, statement: Statement): Promise<string> {
  const lines = sql.type(z.object({ "QUERY PLAN": z.string() }))`EXPLAIN ${statement}`;
  return (await db.write.anyFirst(lines)).join("\n");
}

async function setParent(db: Database, agentId: string, parent: string): Promise<void> {
  await db.write.query(sql.type(nothing)`
    UPDATE agents.registry SET parent_agent_id = ${parent} WHERE agent_id = ${agentId}`);
}

async function eventsOf(db: Database, agentId: string) {
  return (await db.agents.events({ agentId })).items;
}

describe.each(clusters())("agents on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);

  it("are registered with all their facts and an event", async () => {
    const { db } = database();
    const parent = await db.agents.register(base);
    const agent = await db.agents.register({
      ...base,
      status: "active",
      capabilities: { tools: ["bash", "edit"], nil: null },
      configuration: null,
      metadata: { team: "blue" },
      parentAgentId: parent.agentId,
      triggeredBy: parent.agentId,
    });
    expect(agent).toMatchObject({
      ...base,
      created: true,
      status: "active",
      capabilities: { tools: ["bash", "edit"], nil: null },
      configuration: null,
      metadata: { team: "blue", version: 1, created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
      parentAgentId: parent.agentId,
      lastHeartbeat: null,
    });
    const { created: _, ...stored } = agent;
    expect(await db.agents.get(agent.agentId)).toEqual(stored);
    expect(await eventsOf(db, agent.agentId)).toMatchObject([
      { eventType: "registered", previousStatus: null, newStatus: "active", triggeredBy: parent.agentId },
    ]);
  });

  it("are registered again without a trace when the facts are the same, and not when they differ", async () => {
    const { db } = database();
    const input = { ...base, agentId: randomUUID(), capabilities: { a: [1] }, metadata: { team: "red" } };
    const first = await db.agents.register(input);
    await db.agents.changeStatus(input.agentId, { status: "active" });
    const again = await db.agents.register({ ...input, agentId: input.agentId.toUpperCase() });
    expect(again).toMatchObject({ agentId: first.agentId, created: false, status: "active" });
    expect(await eventsOf(db, input.agentId)).toHaveLength(2);
    for (const other of [
      { agentName: "Eve" },
      { agentType: "tester" },
      { capabilities: {} },
      { configuration: { a: 1 } },
      { metadata: { team: "blue" } },
      { parentAgentId: (await db.agents.register(base)).agentId },
    ])
      await expect(db.agents.register({ ...input, ...other })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
      });
  });

  it("are registered once by many who do so at the same time", async () => {
    const { db } = database();
    const input = { ...base, agentId: randomUUID() };
    const all = await Promise.all(Array.from({ length: 10 }, () => db.agents.register(input)));
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    expect(await eventsOf(db, input.agentId)).toHaveLength(1);
  });

  it("are registered together, all or none, parents among them", async () => {
    const { db } = database();
    const [root, child] = [randomUUID(), randomUUID()];
    const inputs = [
      { ...base, agentId: child, parentAgentId: root },
      { ...base, agentId: root },
      ...Array.from({ length: 500 }, (_, n) => ({ ...base, agentName: `a${n}`, parentAgentId: root })),
    ];
    const agents = await db.agents.registerMany(inputs);
    expect(agents.map(({ agentName }) => agentName)).toEqual(inputs.map(({ agentName }) => agentName));
    const fresh = randomUUID();
    await expect(
      db.agents.registerMany([
        { ...base, agentId: fresh },
        { ...base, agentId: root, agentName: "somebody else" },
      ]),
    ).rejects.toMatchObject({ code: "ALREADY_EXISTS", details: { agentId: root } });
    expect(await db.agents.get(fresh)).toBeNull();
    const found = await db.agents.getMany([child, fresh, root]);
    expect(found.map((agent) => agent?.agentId)).toEqual([child, undefined, root]);
  });

  it("name who is missing when a parent, or who triggered it, is not registered", async () => {
    const { db } = database();
    const agentId = randomUUID();
    const missing = (message: string) => ({ code: "NOT_FOUND", message: `${message}: ${agentId}` });
    await expect(db.agents.register({ ...base, parentAgentId: agentId })).rejects.toMatchObject(
      missing("the parent is not registered"),
    );
    const trigger = missing("the agent that triggered it is not registered");
    await expect(db.agents.register({ ...base, triggeredBy: agentId })).rejects.toMatchObject(trigger);
    const agent = await db.agents.register(base);
    await expect(
      db.agents.changeStatus(agent.agentId, { status: "idle", triggeredBy: agentId }),
    ).rejects.toMatchObject(trigger);
    expect(await db.agents.get(agent.agentId)).toMatchObject({ status: "initializing" });
    await expect(db.agents.heartbeat(agentId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(db.agents.update(agentId, { agentName: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(db.agents.changeStatus(agentId, { status: "idle" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("refuse facts that the database would refuse, with their path", async () => {
    const { db } = database();
    for (const [input, path] of [
      [{ ...base, agentName: "" }, "0.agentName"],
      [{ ...base, agentType: "x".repeat(51) }, "0.agentType"],
      [{ ...base, metadata: { created_at: "yesterday" } }, "0.metadata.created_at"],
      [{ ...base, metadata: { version: null } }, "0.metadata.version"],
      [{ ...base, agentId: "7" }, "0.agentId"],
    ] as const)
      await expect(db.agents.register(input)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        details: { issues: [{ path }] },
      });
    await expect(db.agents.register({ ...base, capabilities: ["\0"] })).rejects.toThrow(
      "capabilities[0] holds",
    );
  });

  it("are refused with themselves as their parent, before anything is sent", async () => {
    const agentId = randomUUID();
    const own = database().db.agents.register({ ...base, agentId, parentAgentId: agentId.toUpperCase() });
    await expect(own).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("parentAgentId"),
    });
  });

  it("change their status with an event of before and after, in one transaction", async () => {
    const { db } = database();
    const [agent, boss] = await db.agents.registerMany([base, base]);
    const id = agent?.agentId ?? "";
    const change = {
      status: "active",
      eventData: { why: "ready" },
      triggeredBy: boss?.agentId ?? "",
    } as const;
    expect(await db.agents.changeStatus(id, change)).toMatchObject({
      outcome: "changed",
      previousStatus: "initializing",
    });
    expect(await db.agents.changeStatus(id, change)).toMatchObject({ outcome: "unchanged" });
    const failure = new Error("after the change");
    await expect(
      db.transaction(async (tx) => {
        await tx.agents.terminate(id);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await db.agents.get(id)).toMatchObject({ status: "active" });
    expect(await eventsOf(db, id)).toMatchObject([
      {
        eventType: "status_changed",
        previousStatus: "initializing",
        newStatus: "active",
        eventData: { why: "ready" },
        triggeredBy: boss?.agentId,
      },
      { eventType: "registered" },
    ]);
  });

  it("change from the expected status only", async () => {
    const { db } = database();
    const { agentId } = await db.agents.register({ ...base, status: "idle" });
    const claim = () => db.agents.changeStatus(agentId, { status: "active", expectedStatuses: ["idle"] });
    const tries = await Promise.allSettled(Array.from({ length: 10 }, claim));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(claim()).rejects.toMatchObject({
      code: "WRONG_STATUS",
      message: `agent ${agentId} is active, not idle, and cannot become active`,
      details: { status: "active", wanted: "active", expected: ["idle"] },
    });
  });

  it("leave events that follow one from the other when many change the status at once", async () => {
    const { db } = database();
    const { agentId } = await db.agents.register(base);
    const statuses = ["active", "idle", "suspended", "error"] as const;
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        db.agents.changeStatus(agentId, { status: statuses[n % 4] ?? "active" }),
      ),
    );
    const events = (await eventsOf(db, agentId)).toReversed();
    for (const [at, event] of events.entries())
      expect(event.previousStatus).toBe(events[at - 1]?.newStatus ?? null);
    expect(await db.agents.get(agentId)).toMatchObject({ status: events.at(-1)?.newStatus });
  });

  it("never come back once they are terminated", async () => {
    const { db } = database();
    const { agentId } = await db.agents.register({ ...base, status: "active" });
    await db.agents.terminate(agentId, { eventData: { reason: "done" } });
    expect(await db.agents.terminate(agentId)).toMatchObject({ outcome: "unchanged" });
    for (const status of ["initializing", "active", "idle", "suspended", "error"] as const) {
      const refused = { code: "WRONG_STATUS", details: { status: "terminated", wanted: status } };
      await expect(db.agents.changeStatus(agentId, { status })).rejects.toMatchObject(refused);
      const expectedStatuses = ["terminated"] as const;
      await expect(db.agents.changeStatus(agentId, { status, expectedStatuses })).rejects.toMatchObject(
        refused,
      );
    }
    await expect(db.agents.heartbeat(agentId)).rejects.toMatchObject({ code: "WRONG_STATUS" });
    expect(await db.agents.get(agentId)).toMatchObject({ status: "terminated", lastHeartbeat: null });
    expect((await eventsOf(db, agentId))[0]).toMatchObject({
      eventType: "terminated",
      eventData: { reason: "done" },
    });
  });

  it("change their status together, with the outcome of each", async () => {
    const { db } = database();
    const agents = await db.agents.registerMany(
      (["active", "idle", "terminated", "error"] as const).map((status) => ({ ...base, status })),
    );
    const unknown = randomUUID();
    const ids = [...agents.map(({ agentId }) => agentId), unknown, agents[0]?.agentId ?? ""];
    const change = { status: "idle", expectedStatuses: ["active", "idle", "terminated"] } as const;
    const results = await db.agents.changeStatuses(ids, change);
    expect(results.map(({ agentId, outcome }) => [agentId, outcome])).toEqual([
      [ids[0], "changed"],
      [ids[1], "unchanged"],
      [ids[2], "refused"],
      [ids[3], "refused"],
      [unknown, "unknown"],
    ]);
  });

  it("are heard of without coming to life again, one or many in one statement", async () => {
    const { db } = database();
    const agents = await db.agents.registerMany(
      (["error", "suspended", "terminated"] as const).map((status) => ({ ...base, status })),
    );
    const [error, suspended, terminated] = agents.map(({ agentId }) => agentId);
    const unknown = randomUUID();
    const all = [error, suspended, terminated, unknown, error].map((id) => id ?? "");
    const beats = await db.agents.heartbeatMany(all);
    expect({ ...beats, recorded: new Set(beats.recorded) }).toEqual({
      recorded: new Set([error, suspended]),
      terminated: [terminated],
      unknown: [unknown],
    });
    await db.agents.heartbeat(error ?? "");
    const agent = await db.agents.get(error ?? "");
    expect(agent).toMatchObject({ status: "error", lastHeartbeat: expect.any(Date) });
    // Opposite orders at once: nobody waits for another in a circle.
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => db.agents.heartbeatMany(n % 2 === 0 ? all : all.toReversed())),
    );
  });

  it("keep what an update does not name", async () => {
    const { db } = database();
    const { agentId, metadata } = await db.agents.register({
      ...base,
      configuration: { model: "a" },
      metadata: { team: "x", version: 3 },
    });
    const updated = await db.agents.update(agentId, { agentName: "Bea", metadata: { team: "y" } });
    expect(updated).toMatchObject({
      agentName: "Bea",
      configuration: { model: "a" },
      capabilities: {},
      metadata: { ...z.record(z.string(), z.unknown()).parse(metadata), team: "y" },
    });
    expect(await db.agents.update(agentId, { configuration: null, capabilities: ["a"] })).toMatchObject({
      agentName: "Bea",
      configuration: null,
      capabilities: ["a"],
    });
    expect(await db.agents.update(agentId, {})).toEqual(await db.agents.get(agentId));
  });

  it("are removed when nothing refers to them, and else the table is named", async () => {
    const { db } = database();
    const [parent, lone] = await db.agents.registerMany([base, base]);
    const [parentId, loneId] = [parent?.agentId ?? "", lone?.agentId ?? ""];
    await db.agents.register({ ...base, parentAgentId: parentId });
    await db.state.put({ agentId: loneId, stateKey: "k", stateValue: 1 });
    await expect(db.agents.remove(parentId)).rejects.toMatchObject({
      code: "IN_USE",
      message: `agent ${parentId} cannot be removed: rows of agents.registry refer to it`,
    });
    expect(await db.agents.remove(loneId)).toBe(true);
    expect(await db.agents.remove(loneId)).toBe(false);
    expect(await db.state.count({ agentId: loneId })).toBe(0);
  });

  it("have ancestors and a subtree, nearest first", async () => {
    const { db } = database();
    const ids: string[] = Array.from({ length: 7 }, () => randomUUID());
    // 0 ─┬─ 1 ─┬─ 3 ─── 6
    //    └─ 2  ├─ 4
    //          └─ 5
    const parents = [undefined, 0, 0, 1, 1, 1, 3];
    await db.agents.registerMany(
      parents.map((parent, n) => ({
        ...base,
        agentId: ids[n],
        parentAgentId: parent === undefined ? null : (ids[parent] ?? null),
      })),
    );
    const at = (n: number) => ids[n] ?? "";
    const shape = (relatives: readonly { agentId: string; depth: number }[]) =>
      relatives.map(({ agentId, depth }) => `${depth}:${ids.indexOf(agentId)}`);
    expect(shape(await db.agents.ancestors(at(6)))).toEqual(["1:3", "2:1", "3:0"]);
    expect(shape(await db.agents.ancestors(at(6), { maxDepth: 2 }))).toEqual(["1:3", "2:1"]);
    expect(shape(await db.agents.subtree(at(0))).sort()).toEqual(["1:1", "1:2", "2:3", "2:4", "2:5", "3:6"]);
    expect(shape(await db.agents.subtree(at(1), { maxDepth: 1 })).sort()).toEqual(["1:3", "1:4", "1:5"]);
    expect(await db.agents.subtree(at(6))).toEqual([]);
    expect((await db.agents.children(at(1))).items).toHaveLength(3);
    expect(
      (await db.agents.find({ parentAgentId: null, agentName: base.agentName, limit: 1 })).items,
    ).toHaveLength(1);
  });

  it("whose data goes in a circle are each returned once", async () => {
    const { db } = database();
    const ids: string[] = Array.from({ length: 4 }, () => randomUUID());
    const at = (n: number) => ids[n] ?? "";
    await db.agents.registerMany(ids.map((agentId) => ({ ...base, agentId })));
    for (const [child, parent] of [
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 2],
    ] as const)
      await setParent(db, at(child), at(parent));
    const ancestors = await db.agents.ancestors(at(0), { maxDepth: 1000 });
    expect(ancestors.map(({ agentId }) => agentId)).toEqual([at(1), at(2)]);
    const below = await db.agents.subtree(at(1), { maxDepth: 1000 });
    expect(below.map(({ agentId }) => agentId).sort()).toEqual([at(0), at(2), at(3)].sort());
  });

  it("are listed with their events, page by page, none lost in a millisecond", async () => {
    const { db } = database();
    const { agentId } = await db.agents.register(base);
    // Many events of one moment, and of moments a microsecond apart.
    await db.write.query(sql.type(nothing)`
      INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at)
      SELECT ${agentId}, 'tick', pg_catalog.now() + (n / 3) * INTERVAL '1 microsecond'
      FROM pg_catalog.generate_series(1, 50) AS n`);
    const seen = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof db.agents.events>> = await db.agents.events({
        agentId,
        eventType: "tick",
        limit: 7,
        cursor,
      });
      seen.push(...page.items.map(({ eventId }) => eventId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(50);
    expect(new Set(seen).size).toBe(50);
  });
});

describe.each(clusters())("a registry of 20,000 agents on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const count = 20_000;

  it("finds by every filter, page by page, streams and counts, and uses its indexes", async () => {
    const { db } = database();
    await db.write.query(sql.type(nothing)`
      INSERT INTO agents.registry (agent_type, agent_name, status, capabilities, last_heartbeat, created_at)
      SELECT
        'type' || n % 10, 'agent ' || n,
        CASE WHEN n % 2 = 0 THEN 'active' ELSE 'idle' END::public.agent_status_type,
        pg_catalog.jsonb_build_object('tools', pg_catalog.jsonb_build_array('bash', 'tool' || n)),
        CASE WHEN n % 1000 = 0 THEN NULL ELSE pg_catalog.now() - n * INTERVAL '10 minutes' END,
        -- Twenty agents share each moment.
        pg_catalog.now() - INTERVAL '300 days' + (n / 20) * INTERVAL '1 microsecond'
      FROM pg_catalog.generate_series(1, ${count}::INTEGER) AS n`);
    await db.write.query(sql.type(nothing)`ANALYZE agents.registry`);

    const capabilities = { tools: ["tool4711"] };
    const [found, ...others] = (await db.agents.find({ capabilities })).items;
    expect([found?.agentName, others.length]).toEqual(["agent 4711", 0]);
    expect(await planOf(db, pageOfAgents({ capabilities }, null, 100))).toContain(
      "idx_agents_registry_capabilities_gin",
    );

    const silent = { statuses: ["active"], silentForMs: 19_979.5 * 600_000 } as const;
    const stale = await db.agents.stale({ silentForMs: silent.silentForMs });
    // Those that were never heard of count from their registration, 300 days ago.
    expect(stale.items).toHaveLength(10 + 20);
    expect(await planOf(db, pageOfAgents(silent, null, 100))).toContain("idx_agents_registry_heartbeat");

    const filter = { agentType: "type3", statuses: ["idle"] } as const;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof db.agents.find>> = await db.agents.find({
        ...filter,
        limit: 300,
        cursor,
      });
      seen.push(...page.items.map(({ agentName }) => agentName));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(2000);
    expect(new Set(seen).size).toBe(2000);

    let streamed = 0;
    for await (const { agentType } of db.agents.stream()) streamed += agentType === "" ? 0 : 1;
    expect(streamed).toBe(count);
    expect(await db.agents.countByStatus({ agentType: "type3" })).toEqual({
      initializing: 0,
      active: 0,
      idle: 2000,
      suspended: 0,
      terminated: 0,
      error: 0,
    });
  });
});
