import type { Fact } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { jsonText } from "../output/json-text.ts";
import { safeText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { exactUtcText } from "../output/utc-text.ts";

/** A fact for people. */
export function factText(fact: Fact, colours: Colours): string {
  return [
    ...fields(
      [
        ["fact", fact.factId],
        ["about", safeText(`${fact.entityType}:${fact.entityId}`)],
        ["predicate", safeText(fact.predicate)],
        ["confidence", fact.confidenceScore === null ? "-" : fact.confidenceScore.toFixed(2)],
        ["found out by", fact.sourceAgentId],
        ["valid from", exactUtcText(fact.validFrom)],
        ["valid until", fact.validUntil === null ? "as far as is known" : exactUtcText(fact.validUntil)],
        ["written down", exactUtcText(fact.createdAt)],
        ["changed", exactUtcText(fact.updatedAt)],
      ],
      colours,
    ),
    ...section(`value (${safeText(fact.objectType)})`, jsonText(fact.objectValue).split("\n"), colours),
    ...section("evidence", jsonText(fact.evidence).split("\n"), colours),
  ].join("\n");
}
