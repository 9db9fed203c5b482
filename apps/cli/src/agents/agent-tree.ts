import type { Agent, AgentRelative } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortText } from "../output/safe-text.ts";
import { statusText } from "./status-text.ts";

/** An agent and those below it as lines of a tree; the one whose parent is not among them hangs below the root. */
export function agentTree(root: Agent, below: readonly AgentRelative[], colours: Colours): string[] {
  const known = new Set([root.agentId, ...below.map(({ agentId }) => agentId)]);
  const childrenOf = Map.groupBy(below, ({ parentAgentId }) =>
    parentAgentId !== null && known.has(parentAgentId) ? parentAgentId : root.agentId,
  );
  const linesOf = (agent: Agent): string[] => {
    const children = childrenOf.get(agent.agentId) ?? [];
    return children.flatMap((child, at) => {
      const isLast = at === children.length - 1;
      const [first = "", ...rest] = [line(child, colours), ...linesOf(child)];
      return [`${isLast ? "└─ " : "├─ "}${first}`, ...rest.map((text) => `${isLast ? "   " : "│  "}${text}`)];
    });
  };
  return [line(root, colours), ...linesOf(root)];
}

function line({ agentId, agentType, agentName, status }: Agent, colours: Colours): string {
  return `${agentId}  ${statusText(status, colours)}  ${shortText(agentType, 20)}  ${shortText(agentName, 30)}`;
}
