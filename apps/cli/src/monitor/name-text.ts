import { safeText } from "../output/safe-text.ts";

/** The name of an alert: that of its metric, with the database or role that it is of. */
export function nameText(metric: string, scope: string | null, scopeName: string | null): string {
  return scope === null || scope === "" ? metric : `${metric} of ${scope} ${safeText(scopeName ?? "")}`;
}
