import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";

describe.each(clusters())("the deliveries of a message on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const messages = () => database().db.messages;

  it("say of each recipient how far it is, page by page", async () => {
    const type = `t-${randomUUID()}`;
    const [from = "", ...others] = await registerAgents(database().db, [type, type, type, type]);
    const { messageId } = await messages().broadcast({ fromAgentId: from, broadcastToType: type });
    const [received] = await messages().receive(others[0] ?? "", { limit: 1 });
    if (received === undefined) throw new Error("there was nothing in the inbox");
    await messages().reject(received, { reason: "no use" });

    const first = await messages().deliveries({ messageId, limit: 2 });
    const rest = await messages().deliveries({ messageId, limit: 2, cursor: first.nextCursor });
    expect(rest.nextCursor).toBeNull();
    const all = [...first.items, ...rest.items];
    expect(all.map(({ agentId }) => agentId).sort()).toEqual([...others].sort());
    expect(all.find(({ agentId }) => agentId === others[0])).toMatchObject({
      messageId,
      outcome: "dead",
      reason: "no use",
      deliveryAttempts: 1,
    });
    expect(all.filter(({ outcome }) => outcome === null)).toHaveLength(2);
  });

  it("are none of a message that does not exist", async () => {
    expect(await messages().deliveries({ messageId: randomUUID() })).toEqual({ items: [], nextCursor: null });
  });
});
