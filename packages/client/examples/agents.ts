import { createDatabase } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await migrateUp({ connection: url, folder: migrationsFolder() });
await using db = await createDatabase({ primary: { url } });

const { agentId } = await db.agents.register({ agentType: "researcher", agentName: "Ada" });
const paper = { entityType: "paper", entityId: "arXiv:1706.03762" };

// All of it, or nothing.
await db.transaction(async (tx) => {
  await tx.state.put({ agentId, stateKey: "plan", stateValue: { steps: ["read", "summarise"] } });
  await tx.tasks.enqueue({ taskType: "summarise", payload: paper, priority: "high" });
});

const [task] = await db.tasks.claim({ agentId, taskTypes: ["summarise"] });
const summary = { text_content: "Attention is all you need." };
await db.knowledge.record({ ...paper, predicate: "summary", objectValue: summary, sourceAgentId: agentId });
if (task !== undefined) await db.tasks.complete([{ ...task, result: summary }]);

const found = await db.knowledge.searchText({ query: "attention" });
console.log(found.map(({ predicate, entityId }) => `${predicate} of ${entityId}`));
