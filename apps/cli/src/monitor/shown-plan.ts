import type { RecordedPlan } from "@mister-smith/monitoring";
import type { Colours } from "../output/colours.ts";
import { durationText } from "../output/duration-text.ts";
import { fields } from "../output/fields.ts";
import { safeText, shortText } from "../output/safe-text.ts";
import { utcText } from "../output/utc-text.ts";

/** A plan on record as a document. */
export function planDocument({ row, plan }: RecordedPlan) {
  return {
    planId: row.plan_id,
    queryId: row.query_hash,
    source: row.plan_source,
    text: row.query_text,
    plannedText: row.planned_text,
    shape: row.plan_shape,
    capturedAt: row.captured_at,
    chosenAt: row.chosen_at,
    seenAt: row.seen_at,
    calls: row.calls,
    totalMs: row.total_exec_time_ms,
    meanMs: row.mean_exec_time_ms,
    stats: row.execution_stats,
    plan,
  };
}

/** What is known of a plan beside its tree, for people. */
export function planFacts({ row }: RecordedPlan, colours: Colours): string[] {
  return fields(
    [
      ["plan", row.plan_id],
      ["statement", row.query_hash],
      ["source", row.plan_source],
      ["captured", utcText(row.captured_at)],
      ["chosen", utcText(row.chosen_at)],
      ["seen", utcText(row.seen_at)],
      ["calls", row.calls === null ? null : String(row.calls)],
      ["mean", row.mean_exec_time_ms === null ? null : durationText(row.mean_exec_time_ms)],
      ["text", shortText(row.query_text, 1000)],
      ["planned as", row.planned_text === null ? null : shortText(row.planned_text, 1000)],
    ],
    colours,
  );
}

/** Lines of a plan, which may hold whatever a statement holds. */
export function safeLines(lines: readonly string[]): string[] {
  return lines.map(safeText);
}
