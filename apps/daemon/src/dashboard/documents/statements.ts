import type { Monitor } from "@mister-smith/monitoring";
import { z } from "zod";
import type { AskDatabase } from "../ask-in-turn.ts";
import { selectLatestPlans } from "../sql/plans.ts";
import { shownText } from "./shown-text.ts";

const plan = z.strictObject({
  id: z.string(),
  capturedAt: z.iso.datetime(),
  cost: z.number().nullable(),
  captures: z.int(),
});

/** The document `statements`: which statements take the most time, and which plans there are of them. */
export const statementsDocument = z.strictObject({
  at: z.iso.datetime(),
  /** Null where statements are not recorded: pg_stat_statements is not there. */
  statements: z
    .array(
      z.strictObject({
        queryId: z.string(),
        text: z.string(),
        calls: z.number(),
        totalMs: z.number(),
        meanMs: z.number(),
        rows: z.number(),
        hitRatio: z.number().nullable(),
        plan: plan.nullable(),
      }),
    )
    .nullable(),
  /** Plans that are kept of other statements. */
  others: z.array(
    plan.extend({
      queryId: z.string(),
      text: z.string(),
      meanMs: z.number().nullable(),
      calls: z.number().nullable(),
    }),
  ),
});

/** What the document `statements` says. */
export type StatementsDocument = z.output<typeof statementsDocument>;

const asked = z.object({ by: z.enum(["total", "mean"]).catch("total") });
const shownStatements = 20;
const knownPlans = 200;
const shownOthers = 20;

/**
 * Makes the document `statements`.
 *
 * @throws what the database throws
 */
export async function statementsOf(
  ask: AskDatabase,
  monitor: Monitor,
  query: URLSearchParams,
): Promise<StatementsDocument> {
  const { by } = asked.parse(Object.fromEntries(query));
  const [statements, plans] = await Promise.all([
    monitor.slowStatements({ by, limit: shownStatements }),
    ask((on) => selectLatestPlans(on, knownPlans)),
  ]);
  const byQuery = new Map(plans.map((one) => [one.queryId, one]));
  const planOf = ({ id, capturedAt, cost, captures }: (typeof plans)[number]) => ({
    id,
    capturedAt: capturedAt.toISOString(),
    cost,
    captures,
  });
  const shown = new Set(statements?.map(({ queryId }) => queryId));
  return statementsDocument.parse({
    at: new Date().toISOString(),
    statements:
      statements?.map(({ queryId, text, calls, totalMs, meanMs, rows, hitRatio }) => {
        const found = byQuery.get(queryId);
        const own = found === undefined ? null : planOf(found);
        return { queryId, text: shownText(text), calls, totalMs, meanMs, rows, hitRatio, plan: own };
      }) ?? null,
    others: plans
      .filter(({ queryId }) => !shown.has(queryId))
      .slice(0, shownOthers)
      .map((one) => ({
        ...planOf(one),
        queryId: one.queryId,
        text: shownText(one.text),
        meanMs: one.meanMs,
        calls: one.calls,
      })),
  });
}
