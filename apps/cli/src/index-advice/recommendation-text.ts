import { byteText } from "../output/byte-text.ts";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { safeText } from "../output/safe-text.ts";
import { utcText } from "../output/utc-text.ts";
import type { ShownRecommendation } from "./shown-recommendation.ts";

/** A cost of the planner for people: three digits that count. */
export function costText(cost: number | null): string {
  return cost === null ? "not known" : Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(cost);
}

/** One recommendation for people, with both numbers: what reads spare and what writes pay. */
export function recommendationText(one: ShownRecommendation, colours: Colours): string[] {
  const paint = { pending: colours.yellow, implemented: colours.green }[one.status] ?? colours.dim;
  const isCosted = one.costBefore !== null && one.costAfter !== null;
  return [
    `${colours.bold(one.id)}  ${paint(one.status)}`,
    `  ${safeText(one.definition)}`,
    ...fields(
      [
        ["why", safeText(one.reason)],
        [
          "reads",
          isCosted ? `${costText(one.costBefore)} → ${costText(one.costAfter)}` : safeText(one.benefit),
        ],
        ["writes", one.writeCost === null ? null : `pay ${costText(one.writeCost)}${hotText(one)}`],
        ["size", one.sizeBytes === null ? null : `about ${byteText(one.sizeBytes)}`],
        [
          "checked",
          one.isValidated ? "the planner was asked" : `no: ${safeText(one.notValidatedBecause ?? "")}`,
        ],
        ["decided", one.decidedAt === null ? null : decidedText(one.decidedAt, one.decisionReason)],
      ],
      colours,
    ).map((line) => `  ${line}`),
  ];
}

const hotText = ({ lostHotUpdates }: ShownRecommendation) =>
  (lostHotUpdates ?? 0) > 0 ? `, and ${lostHotUpdates} updates touch an index that touched none` : "";
const decidedText = (at: Date, reason: string | null) =>
  reason === null ? utcText(at) : `${utcText(at)}: ${safeText(reason)}`;
