import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { StateRef } from "./state-ref.ts";

/** Keys as rows (agent_id, state_key, place), to join with; places count from 1. */
export function refsTable(refs: readonly StateRef[]): SqlFragment {
  const tuples = refs.map(({ agentId, stateKey }) => [agentId, stateKey]);
  return sql.fragment`ROWS FROM (${sql.unnest(tuples, ["uuid", "text"])}) WITH ORDINALITY`;
}
