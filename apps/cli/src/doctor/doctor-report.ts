import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { twoColumns, wrap } from "../help/two-columns.ts";
import type { Colours } from "../output/colours.ts";
import type { Check } from "./check.ts";

const areas: Readonly<Record<Check["area"], string>> = {
  machine: "This machine",
  postgresql: "PostgreSQL",
  nats: "NATS",
  production: "Production",
};

/** The checks for people: by area, with what a missing thing would give and how to get it. */
export function doctorReport(checks: readonly Check[], { colours }: Pick<Context, "colours">): string {
  const parts = Object.entries(areas).flatMap(([area, title]) => {
    const own = checks.filter((check) => check.area === area);
    // Looked at only when asked for.
    if (area === "production" && own.length === 0) return [];
    const lines = own.length === 0 ? [notLookedAt(area)] : own.flatMap((check) => linesOf(check, colours));
    return [colours.bold(title), ...lines].join("\n");
  });
  return [...parts, summary(checks, colours)].join("\n\n");
}

/** The exit code that the checks amount to. */
export function doctorExit(checks: readonly Check[]): ExitName {
  const lacking = checks.filter(({ needed, state }) => needed && state === "missing");
  if (lacking.some(({ name }) => name === "connection")) return "unreachable";
  return lacking.length > 0 ? "incomplete" : "ok";
}

function linesOf({ name, state, found, gives, remedy, needed }: Check, colours: Colours): string[] {
  const mark = { ok: colours.green("ok"), warn: colours.yellow("warn"), missing: colours.red("missing") }[
    state
  ];
  const padded = mark + " ".repeat(9 - state.length);
  const more = [
    ...(gives === undefined ? [] : [["gives", needed ? `${gives} (needed)` : gives] as const]),
    ...(remedy === undefined ? [] : [["do", remedy] as const]),
  ];
  return [`  ${padded}${name}: ${found}`, ...twoColumns(more).map((line) => `         ${colours.dim(line)}`)];
}

function notLookedAt(area: string): string {
  const variable = area === "nats" ? "SMITH_NATS_URL" : "SMITH_DATABASE_URL";
  return wrap(`not looked at: no embedded one runs here, and ${variable} names no other`, 96)
    .map((line) => `  ${line}`)
    .join("\n");
}

function summary(checks: readonly Check[], colours: Colours): string {
  const lacking = checks.filter(({ needed, state }) => needed && state === "missing").length;
  const better = checks.filter(({ state }) => state !== "ok").length - lacking;
  const wish = better === 0 ? "" : ` ${better} more would add something.`;
  if (lacking > 0)
    return colours.red(`${lacking} of what is needed ${lacking === 1 ? "is" : "are"} missing.`) + wish;
  return colours.green("Everything that is needed is here.") + wish;
}
