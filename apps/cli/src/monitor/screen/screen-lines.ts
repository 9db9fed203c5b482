import type { Snapshot } from "@mister-smith/monitoring";
import cliTruncate from "cli-truncate";
import type { Colours } from "../../output/colours.ts";
import { count } from "../../output/count.ts";
import { durationText } from "../../output/duration-text.ts";
import { fields } from "../../output/fields.ts";
import { safeText, shortText } from "../../output/safe-text.ts";
import { section } from "../../output/section.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";
import type { ScreenData } from "./screen-data.ts";

/** How much room there is. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** A frame of the live screen: what is bad first, the statements last, and no more lines than there is room for. */
export function screenLines(data: ScreenData, { columns, rows }: ScreenSize, colours: Colours): string[] {
  const lines = [
    headline(data, colours),
    ...data.problems.map((problem) => colours.red(safeText(problem))),
    "",
    ...alertLines(data, colours),
    "",
    ...fields(
      [
        ["connections", connectionText(data.snapshot, colours)],
        ["transactions", transactionText(data.snapshot)],
        ["replicas", replicaText(data.snapshot)],
        ["tasks", taskText(data.snapshot, colours)],
        ["sync", syncText(data, colours)],
        ["not seen", unseenText(data.snapshot)],
      ],
      colours,
    ),
    ...section("Slowest statements", statementLines(data, columns, colours), colours),
  ];
  return lines.slice(0, rows).map((line) => cliTruncate(line, columns));
}

function headline({ at, server }: ScreenData, colours: Colours): string {
  if (server === null) return `${colours.red("PostgreSQL does not answer")}  ${utcText(at)}`;
  const { version, database, role } = server;
  return `${colours.bold(`PostgreSQL ${version}`)}  ${safeText(`${database} as ${role}`)}  ${utcText(at)}`;
}

function alertLines({ alerts, checks }: ScreenData, colours: Colours): string[] {
  const past = (checks ?? []).filter(({ level }) => level === "warning" || level === "critical");
  const kept = new Map((alerts ?? []).map((alert) => [alert.metric_name, alert]));
  // What smithd keeps, and what is past its threshold now: smithd may not run, or not have looked yet.
  const names = [...new Set([...kept.keys(), ...past.map(({ metric }) => metric)])];
  if (names.length === 0) return checks === null ? [] : [colours.green("nothing is past its threshold")];
  return table(
    ["alert", "", "value now", "since"],
    names.map((name) => {
      const alert = kept.get(name);
      const check = checks?.find(({ metric }) => metric === name);
      const state = alert?.state ?? check?.level ?? "no data";
      const severity = alert?.severity ?? (check?.level === "critical" ? "critical" : null);
      const paint =
        severity === "critical" ? colours.red : state === "no data" ? colours.dim : colours.yellow;
      return [
        paint(severity === null || severity === state ? state : `${state} ${severity}`),
        safeText(name),
        check?.value == null ? safeText(check?.reason ?? "-") : String(Number(check.value.toPrecision(4))),
        alert === undefined ? "now" : utcText(alert.since),
      ];
    }),
    colours,
  );
}

function connectionText(snapshot: Snapshot | null, colours: Colours): string | null {
  const byState = seriesOf(snapshot, "smith_pg_connections", "state");
  const [available] = valuesOf(snapshot, "smith_pg_connections_available");
  if (byState.length === 0) return null;
  const used = byState.reduce((sum, [, value]) => sum + value, 0);
  const shown = byState.filter(([, value]) => value > 0).map(([state, value]) => `${value} ${state}`);
  const share = available === undefined || available <= 0 ? 0 : used / available;
  const paint = share > 0.85 ? colours.red : share > 0.7 ? colours.yellow : (text: string) => text;
  return `${paint(`${used} of ${available ?? "?"}`)}  ${shown.join(", ")}`;
}

function transactionText(snapshot: Snapshot | null): string | null {
  const [oldest] = valuesOf(snapshot, "smith_pg_oldest_transaction_seconds");
  const waiting = valuesOf(snapshot, "smith_pg_lock_waiters").reduce((sum, value) => sum + value, 0);
  if (oldest === undefined) return null;
  return `oldest ${durationText(oldest * 1_000)}, ${count(waiting, "connection")} waiting for a lock`;
}

function replicaText(snapshot: Snapshot | null): string | null {
  const lags = valuesOf(snapshot, "smith_pg_follower_lag_seconds");
  return lags.length === 0
    ? null
    : `${lags.length}, at most ${durationText(Math.max(...lags) * 1_000)} behind`;
}

function taskText(snapshot: Snapshot | null, colours: Colours): string | null {
  const of = (name: string) => valuesOf(snapshot, name).reduce((sum, value) => sum + value, 0);
  if (valuesOf(snapshot, "smith_tasks_ready").length === 0) return null;
  const oldest = Math.max(0, ...valuesOf(snapshot, "smith_tasks_oldest_ready_seconds"));
  const dead = of("smith_tasks_dead");
  return [
    `${of("smith_tasks_ready")} ready${oldest > 0 ? `, the oldest for ${durationText(oldest * 1_000)}` : ""}`,
    `${of("smith_tasks_delayed")} delayed`,
    `${of("smith_tasks_running")} running`,
    dead > 0 ? colours.yellow(`${dead} dead`) : "0 dead",
  ].join(", ");
}

function syncText({ sync }: ScreenData, colours: Colours): string | null {
  if (sync === null) return null;
  const { nats, roles, backlog, deadLetters } = sync;
  const bucket = nats.connected ? nats.bucket : null;
  const waits = backlog.reduce((sum, { pending }) => sum + pending, 0);
  const dead = deadLetters.reduce((sum, { open }) => sum + open, 0);
  const led = roles.filter(({ isHeld }) => isHeld).length;
  return [
    nats.connected ? null : colours.red("NATS is away"),
    bucket === null ? null : `${count(bucket.behind, "value")} to flush`,
    `${count(waits, "event")} to publish`,
    dead > 0 ? colours.yellow(`${dead} dead letters`) : "no dead letters",
    led === roles.length
      ? `${count(led, "role")} led`
      : colours.yellow(`${roles.length - led} of ${roles.length} roles led by nobody`),
  ]
    .filter((part) => part !== null)
    .join(", ");
}

function unseenText(snapshot: Snapshot | null): string | null {
  const unseen = (snapshot?.collectors ?? []).filter(
    ({ state }) => state !== "ok" && state !== "unsupported",
  );
  return unseen.length === 0 ? null : unseen.map(({ name, state }) => `${name}: ${state}`).join(", ");
}

function statementLines({ slowest }: ScreenData, columns: number, colours: Colours): string[] {
  if (slowest === null) return ["not recorded: `smith doctor --production` says what to do"];
  const all = slowest.reduce((sum, { totalMs }) => sum + totalMs, 0);
  const rows = slowest
    .slice(0, 15)
    .map(({ totalMs, meanMs, calls, text }) => [
      `${Math.round((totalMs / all) * 100)} %`,
      durationText(totalMs),
      durationText(meanMs),
      String(calls),
      shortText(text, Math.max(20, columns)),
    ]);
  return rows.length === 0
    ? ["none since the look before"]
    : table(["share", "total", "mean", "calls", "statement"], rows, colours);
}

function valuesOf(snapshot: Snapshot | null, name: string): number[] {
  return seriesOf(snapshot, name, "").map(([, value]) => value);
}

function seriesOf(snapshot: Snapshot | null, name: string, label: string): [string, number][] {
  return (snapshot?.samples ?? [])
    .filter(({ metric }) => metric.name === name)
    .map(({ labels, value }) => [labels[label] ?? "", value]);
}
