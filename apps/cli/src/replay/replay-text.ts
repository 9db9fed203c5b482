import type { Colours } from "../output/colours.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { table } from "../output/table.ts";
import type { Difference } from "./compare-rows.ts";
import type { ReplayResult } from "./replay-result.ts";

const shownDifferences = 20;
const shownStatements = 5;

/** What a replay did, for people: what was written, how fast, the slowest statements, and the verdict. */
export function replayText(result: ReplayResult, colours: Colours): string {
  return [
    whatWasDone(result),
    whichWay(result),
    "",
    ...table(["table", "rows as in the input"], rowCounts(result), colours),
    "",
    ...table(["slowest statements", "calls", "p50", "p99", "max"], statementRows(result), colours),
    "",
    ...verdict(result, colours),
  ].join("\n");
}

/** A difference in one line. */
export function differenceText(difference: Difference): string {
  const where = `${difference.table} ${difference.key}`;
  if (difference.kind !== "different") return `${difference.kind}: ${where}`;
  const { column, expected, actual } = difference;
  return `different: ${where} ${column}: expected ${short(expected)}, found ${short(actual)}`;
}

function whatWasDone({ runs, agents, steps, written }: ReplayResult): string {
  const present = runs.filter(({ outcome }) => outcome === "already there").length;
  const lived = `${count(runs.length, "run")} as ${count(agents, "agent")}, ${count(steps, "step")}`;
  if (present === runs.length) {
    return `${lived}: all of it was replayed before, so nothing was written. Give --label to live them once more.`;
  }
  const already = present === 0 ? "" : ` (${count(present, "run")} of them already there, only checked)`;
  const rates = `${Math.round(written.stepsPerSecond)} steps/s, ${Math.round(written.rowsPerSecond)} rows/s`;
  const wrote = `wrote ${count(written.rows, "row")} in ${durationText(written.seconds * 1000)}`;
  return `${lived}${already}: ${wrote}: ${rates}`;
}

function whichWay({ states, rows }: ReplayResult): string {
  if (states.through === "sql")
    return "state: by SQL, with the rest of its run; no NATS is named, or --state sql is given";
  const { put, expired, flushedBy, durability } = states;
  if (put === 0) return "state: nothing had to go through JetStream";
  const by = flushedBy === "replay" ? "the replay's own flusher" : "smithd";
  const had = expired === 0 ? "" : `, ${expired} had expired`;
  return `state: ${count(put, "value")} put through JetStream (${durability})${had}, brought to PostgreSQL by ${by}; ${rows["agents.state"] ?? 0} compared and as put`;
}

function rowCounts({ rows }: ReplayResult): string[][] {
  const counts = Object.entries(rows).filter(([, number]) => number > 0);
  const sum = counts.reduce((total, [, number]) => total + number, 0);
  return [...counts.map(([name, number]) => [name, String(number)]), ["all", String(sum)]];
}

function statementRows({ statements }: ReplayResult): string[][] {
  return statements
    .slice(0, shownStatements)
    .map(({ statement, calls, p50Ms, p99Ms, maxMs }) => [
      statement,
      String(calls),
      ...[p50Ms, p99Ms, maxMs].map(durationText),
    ]);
}

function verdict(result: ReplayResult, colours: Colours): string[] {
  const took = durationText(result.verifySeconds * 1000);
  if (result.verified) {
    return [`${colours.green("verified:")} every row was read back and is as the input says (${took})`];
  }
  const { differences } = result;
  const more = differences.length - shownDifferences;
  return [
    `${colours.red("not verified:")} ${count(differences.length, "difference")} between the database and the input`,
    ...differences.slice(0, shownDifferences).map((difference) => `  ${differenceText(difference)}`),
    ...(more > 0 ? [`  and ${more} more; --json lists all of them`] : []),
    ...(result.states.through === "jetstream" && differences.some(({ table: of }) => of === "agents.state")
      ? [
          "Why state differs: `smith sync verify` and `smith sync dead-letters list`. The same command again puts it anew.",
        ]
      : []),
  ];
}

function short(value: unknown): string {
  if (value === undefined) return "NULL";
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
