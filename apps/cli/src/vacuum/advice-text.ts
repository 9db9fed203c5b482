import { storageStatements, type VacuumAdvice } from "@mister-smith/monitoring";
import type { Colours } from "../output/colours.ts";
import { safeText } from "../output/safe-text.ts";

/** Advice for people: the table, why, and the statements. */
export function adviceText(advice: VacuumAdvice, colours: Colours): string {
  return [
    colours.bold(safeText(`${advice.schema}.${advice.table}`)),
    ...advice.reasons.map((reason) => `  ${reason}`),
    ...storageStatements(advice).map(({ sql }) => `  ${safeText(sql)};`),
  ].join("\n");
}
