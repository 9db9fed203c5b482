import { finalRows } from "../plan/final-rows.ts";
import type { Beat, Plan, Row } from "../plan/plan.ts";

/** What the transaction of a run writes whose state goes through JetStream: all but the state, and that it waits. */
export function withoutStates(plan: Plan): Plan {
  const beats = plan.beats.slice(0, -1).map(({ step, writes }) => ({
    step,
    writes: writes.filter(({ kind }) => kind !== "put-state"),
  }));
  return { ...plan, beats };
}

/** What the database holds of such a run when it has all of it and nobody has said so yet. */
export function unfinished(plan: Plan): Plan {
  return { ...plan, beats: plan.beats.slice(0, -1) };
}

/** What says that a run was lived to its end. */
export function completionOf({ beats }: Pick<Plan, "beats">): Beat {
  return beats.at(-1) ?? { step: undefined, writes: [] };
}

/** The state that the agents of a run have at its end. */
export function stateRows(plan: Pick<Plan, "beats">): readonly Row[] {
  return [...(finalRows(plan).get("agents.state")?.values() ?? [])];
}

/** Writes by SQL what a run lacks whose state was to go through JetStream. */
export function remainderBySql(plan: Plan): Plan {
  const writes = stateRows(plan).map((row) => ({ kind: "put-state", row }) as const);
  return { ...plan, beats: [{ step: undefined, writes }, completionOf(plan)] };
}

// A value cannot be put that has expired, and one that does so while it is on its way is deleted by the flusher.
const marginMs = 1_000;

/** Whether a value counts as gone: it has expired, or does so within a second. */
export function isGone({ expires_at: at }: Row, nowMs: number): boolean {
  return typeof at === "string" && Date.parse(at) <= nowMs + marginMs;
}
