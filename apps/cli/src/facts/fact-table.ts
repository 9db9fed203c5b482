import type { Fact } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortJson } from "../output/json-text.ts";
import { shortText } from "../output/safe-text.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { utcText } from "../output/utc-text.ts";

/** Facts below each other, each with its entity and its value below it, within 120 columns. */
export function factTable(facts: readonly Fact[], colours: Colours): string[] {
  const rows = facts.map((fact) => ({
    cells: [
      fact.factId,
      utcText(fact.validFrom),
      fact.validUntil === null ? "" : utcText(fact.validUntil),
      fact.confidenceScore === null ? "-" : fact.confidenceScore.toFixed(2),
      shortText(fact.predicate, 28),
    ],
    below: `${shortText(`${fact.entityType}:${fact.entityId}`, 64)} = ${shortJson(fact.objectValue, 50)}`,
  }));
  return stackedTable(["fact", "valid from", "until", "sure", "predicate"], rows, colours);
}
