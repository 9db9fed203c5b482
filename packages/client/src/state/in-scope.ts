import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { live } from "./live.ts";

/** The condition that a row `s` of `agents.state` is one of an agent's live keys with a prefix, after a key if given. */
export function inScope(
  { agentId, prefix }: { readonly agentId: string; readonly prefix: string },
  after: readonly [string] | null = null,
): SqlFragment {
  const rest = after === null ? sql.fragment`` : sql.fragment`AND s.state_key > ${after[0]}`;
  return sql.fragment`s.agent_id = ${agentId} AND ${live("s")}
    AND pg_catalog.starts_with(s.state_key, ${prefix}) ${rest}`;
}
