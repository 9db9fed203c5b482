import type { RepairOutcome, StateDifference, VerifyReport } from "@mister-smith/sync";
import type { Colours } from "../output/colours.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { shortText } from "../output/safe-text.ts";
import { stackedTable } from "../output/stacked-table.ts";

/** So many differences are shown; the document has more. */
const shown = 50;

/** What a comparison found, for people. */
export function verifyText(report: VerifyReport, repair: boolean, colours: Colours): string {
  const { listed, differences, keys, rows, unsettled, tookMs } = report;
  const gone = report.goneUnflushed ?? 0;
  const compared = `${count(keys, "key")} and ${count(rows, "row")} compared in ${durationText(tookMs)}`;
  const more = differences - Math.min(shown, listed.length);
  return [
    ...(listed.length === 0 ? [] : [...differenceTable(listed.slice(0, shown), colours), ""]),
    ...(more === 0 ? [] : [`and ${more} more; ${listedWhere(listed.length, differences)}`, ""]),
    ...explanations(listed, colours),
    differences === 0 && gone === 0
      ? `${colours.green("both stores agree")}: ${compared}`
      : `${report.isClean ? colours.green("mended") : colours.red("they differ")}: ${count(differences, "difference")}; ${compared}`,
    ...(unsettled === 0
      ? []
      : [`${count(unsettled, "key")} changed at every look: nothing can be said of them`]),
    ...(gone === 0
      ? []
      : [
          `${count(gone, "message")} left the bucket before they were flushed: superseded, or lost with what they held`,
        ]),
    ...(report.isClean || repair
      ? []
      : ["Nothing was changed. `smith sync verify --repair` mends what it can."]),
  ].join("\n");
}

function listedWhere(listed: number, differences: number): string {
  if (listed === differences) return "--json lists them";
  return `--json lists the first ${listed}, and --agent and --key narrow them down`;
}

function differenceTable(differences: readonly StateDifference[], colours: Colours): string[] {
  const rows = differences.map(({ cause, ahead, revision, version, repair, key, subject }) => ({
    cells: [
      cause,
      ahead,
      revision === undefined ? "-" : String(revision),
      version === undefined ? "-" : String(version),
      repairText(repair, colours),
    ],
    below: shortText(key === undefined ? subject : `${key.agentId} ${key.stateKey}`, 116),
  }));
  return stackedTable(["cause", "ahead", "revision", "version", "repair"], rows, colours);
}

function repairText(repair: RepairOutcome, colours: Colours): string {
  if (repair === "none") return "-";
  const words = repair.replaceAll("-", " ");
  return repair === "mended" ? colours.green(words) : colours.yellow(words);
}

/** What each cause means, once. */
function explanations(differences: readonly StateDifference[], colours: Colours): string[] {
  const meanings = new Map(differences.map(({ cause, explanation }) => [cause, explanation]));
  if (meanings.size === 0) return [];
  return [...[...meanings].map(([cause, meaning]) => `${colours.bold(cause)}: ${meaning}`), ""];
}
