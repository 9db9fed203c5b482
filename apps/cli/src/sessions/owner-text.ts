import type { Session } from "@mister-smith/client";
import { shortText } from "../output/safe-text.ts";

/** Whose session it is. */
export function ownerText({ userId, agentId }: Pick<Session, "userId" | "agentId">): string {
  const owners = [
    userId === null ? "" : `user ${shortText(userId, 60)}`,
    agentId === null ? "" : `agent ${agentId}`,
  ];
  return owners.filter((owner) => owner !== "").join("  ") || "nobody's";
}
