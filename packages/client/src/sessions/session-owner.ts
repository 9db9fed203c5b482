import { z } from "zod";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { textInput } from "../text/text-input.ts";

/** Whose sessions: those of a user, or of an agent. */
export type SessionOwner = { readonly userId: string } | { readonly agentId: string };

/** The zod schema of {@link SessionOwner}. */
export const sessionOwner = z.union(
  [z.strictObject({ userId: textInput(255) }), z.strictObject({ agentId: z.guid() })],
  { error: "neither a userId of 1 to 255 characters nor an agentId, which is a UUID" },
);

/** The condition on `sessions.active AS s`. */
export function isOf(owner: SessionOwner): SqlFragment {
  return "userId" in owner
    ? sql.fragment`s.user_id = ${owner.userId}`
    : sql.fragment`s.agent_id = ${owner.agentId}::UUID`;
}
