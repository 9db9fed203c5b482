import { isDeepStrictEqual } from "node:util";
import type { Difference, SettingValue } from "./topology-step.ts";

/** Why a setting cannot be changed from what is found to what is wanted; undefined when it can. */
export type Refusals<Settings> = {
  readonly [Setting in keyof Settings]?: (
    wanted: NonNullable<Settings[Setting]>,
    found: NonNullable<Settings[Setting]>,
  ) => string | undefined;
};

/** The settings that are wanted otherwise than they are found. What is undefined is not compared. */
export function compareSettings<
  Settings extends { readonly [K in keyof Settings]?: SettingValue | undefined },
>(wanted: Settings, found: Settings, refusals: Refusals<Settings>): Difference[] {
  const differences: Difference[] = [];
  for (const setting in wanted) {
    const want = wanted[setting];
    const have = found[setting];
    if (want === undefined || have === undefined || isDeepStrictEqual(sorted(want), sorted(have))) continue;
    const refusal = refusals[setting]?.(want, have);
    differences.push({ setting, found: have, wanted: want, refusal });
  }
  return differences;
}

// The order of subjects means nothing.
function sorted(value: SettingValue): SettingValue {
  return typeof value === "object" ? value.toSorted() : value;
}
