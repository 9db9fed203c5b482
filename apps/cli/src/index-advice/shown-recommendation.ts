import type { IndexRecommendation } from "@mister-smith/monitoring";

/** A recommendation as commands print it. */
export interface ShownRecommendation {
  readonly id: string;
  readonly status: string;
  readonly table: string;
  readonly index: string;
  readonly definition: string;
  readonly reason: string;
  readonly benefit: string;
  readonly sizeBytes: number | null;
  /** What its statements cost without it and with it, and what writes pay for it, in the units of the planner. */
  readonly costBefore: number | null;
  readonly costAfter: number | null;
  readonly writeCost: number | null;
  readonly lostHotUpdates: number | null;
  readonly isValidated: boolean;
  readonly notValidatedBecause: string | null;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  readonly queryIds: readonly string[];
}

/** What commands print of a recommendation. */
export function shownRecommendation(one: IndexRecommendation): ShownRecommendation {
  return {
    id: one.recommendation_id,
    status: one.status,
    table: `${one.schema_name}.${one.table_name}`,
    index: one.index_name,
    definition: one.definition,
    reason: one.recommendation_reason,
    benefit: one.estimated_benefit,
    sizeBytes: one.size_bytes === null ? null : Number(one.size_bytes),
    costBefore: one.cost_before,
    costAfter: one.cost_after,
    writeCost: one.write_cost,
    lostHotUpdates: one.lost_hot_updates === null ? null : Number(one.lost_hot_updates),
    isValidated: one.is_validated,
    notValidatedBecause: one.not_validated_because,
    createdAt: one.created_at,
    decidedAt: one.decided_at,
    decisionReason: one.decision_reason,
    queryIds: one.query_hashes,
  };
}
