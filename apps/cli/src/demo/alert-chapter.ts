import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@mister-smith/client";
import { createDatabase } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import {
  alertHistory,
  changeThreshold,
  createMonitorOn,
  keepAlerts,
  listThresholds,
} from "@mister-smith/monitoring";
import { count } from "../output/count.ts";
import type { Stage } from "./chapters.ts";

/** What became of the alert of the demonstration. */
export interface AlertDone {
  readonly metric: string;
  /** The value at which it fired, and the one at which it was over. */
  readonly firedAt: number;
  readonly overAt: number;
  readonly secondsToFire: number;
  readonly secondsToEnd: number;
}

const metric = "connection_pool_usage_percent";
const holdForMs = 500;
const lookEveryMs = 200;
const deadlineMs = 60_000;
/** Of a hundred connections: past the warning at 70 %, with room for those of the demonstration. */
const idlers = 78;

/** Connections are used up for real: the alert fires when that lasts, and is over when they are given back. */
export function alertChapter({ context, story }: Stage, database: Database, url: string): Promise<AlertDone> {
  const heading = {
    title: "See an alert fire, and see it end",
    why: "Alerts are kept in PostgreSQL, hold for a while before they fire, and are told when they are over.",
    byHand: "smith monitor alerts list; smith monitor check",
  };
  return story.chapter(heading, async (update) => {
    const [before] = (await listThresholds(database.write)).filter(
      ({ metric_name: name }) => name === metric,
    );
    await changeThreshold(database.write, metric, { holdForMs, checkIntervalMs: lookEveryMs });
    await using monitor = createMonitorOn(database, { intervalMs: 0 });
    const until = (state: string) => waitFor(database, monitor, state, context.signal);
    update("using up connections");
    const fired = await withConnections(url, () => until("firing"));
    update("connections are given back");
    const over = await until("ok");
    if (before !== undefined)
      await changeThreshold(database.write, metric, {
        holdForMs: before.hold_for,
        checkIntervalMs: before.check_interval,
      });
    story.tell(
      `${count(idlers, "connection")} more were opened: ${metric} fired at ${fired.value.toFixed(0)} %, after ${fired.seconds.toFixed(1)} s`,
      `they were closed: ${context.colours.green("over")} at ${over.value.toFixed(0)} %, after ${over.seconds.toFixed(1)} s`,
    );
    return {
      metric,
      firedAt: fired.value,
      overAt: over.value,
      secondsToFire: fired.seconds,
      secondsToEnd: over.seconds,
    };
  });
}

async function withConnections<Result>(url: string, work: () => Promise<Result>): Promise<Result> {
  await using idle = await createDatabase({
    primary: { url, max: idlers + 1, min: idlers, applicationName: "demo" },
  });
  await Promise.all(Array.from({ length: idlers }, () => idle.connect(async () => await pause(50))));
  return await work();
}

/** Looks, as smithd does, until the latest that is told of the alert is this. */
async function waitFor(
  database: Database,
  monitor: ReturnType<typeof createMonitorOn>,
  state: string,
  signal: AbortSignal,
): Promise<{ readonly value: number; readonly seconds: number }> {
  const started = performance.now();
  for (;;) {
    await keepAlerts(database, await monitor.check());
    const [last] = (await alertHistory(database.write, 100)).filter(
      ({ metric_name: name }) => name === metric,
    );
    const seconds = (performance.now() - started) / 1_000;
    if (last?.state === state) return { value: last.value ?? 0, seconds };
    if (seconds * 1_000 > deadlineMs) throw notTold(state, last?.state);
    await pause(lookEveryMs, undefined, { signal });
  }
}

function notTold(state: string, last: string | undefined): SmithError {
  return new SmithError("ALERT_NOT_TOLD", `the alert of ${metric} is ${last ?? "not there"}, not ${state}`, {
    hint: "Look with `smith monitor alerts list` in a system that you keep with `smith demo --keep`.",
  });
}
