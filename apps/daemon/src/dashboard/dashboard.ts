import type { EffectiveConfig } from "@mister-smith/cli/config";
import type { Transaction } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { createMonitorOn, type Monitor, prometheusText } from "@mister-smith/monitoring";
import type { RoleService } from "@mister-smith/sync";
import type { Readiness } from "../http/status-server.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Connections } from "../program/connections.ts";
import { askInTurn } from "./ask-in-turn.ts";
import { alertsOf } from "./documents/alerts.ts";
import { historyOf } from "./documents/history.ts";
import { indexesOf } from "./documents/indexes.ts";
import { locksOf } from "./documents/locks.ts";
import { measurementsOf } from "./documents/measurements.ts";
import { overviewOf } from "./documents/overview.ts";
import type { OverviewDocument } from "./documents/overview-document.ts";
import { planOf } from "./documents/plan.ts";
import { statementsOf } from "./documents/statements.ts";
import { within } from "./documents/within.ts";
import { charts } from "./history/charts.ts";
import { type Exposition, readExposition } from "./history/exposition.ts";
import { createRecorder } from "./history/recorder.ts";
import { shared } from "./shared.ts";

/** What the page shows is made of. */
export interface DashboardOptions {
  readonly config: EffectiveConfig;
  readonly version: string;
  readonly holder: string;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
  /** Undefined until the servers were reached. */
  readonly connections: () => Connections | undefined;
  readonly parts: () => readonly RoleService[];
}

/** What the page of the daemon shows, and what it remembers for that. */
export interface Dashboard extends Disposable {
  /** A document of the page; undefined where there is none of that name. */
  document(name: string, query: URLSearchParams): Promise<unknown> | undefined;
  /** Remembers nothing more. Safe twice. */
  close(): void;
}

/** Who looks at the page asks more often than that, in milliseconds. */
const watchedMs = 30_000;
/** How long a document may take, in milliseconds. */
const documentMs = 6_000;
/** How long the page's own monitor may keep a connection for one question, in milliseconds. */
const questionMs = 1_000;

/**
 * Begins to remember what `/metrics` shows, every `daemon.monitorIntervalMs`, and makes what the page shows. However many look,
 * each document is made once in a second or more, and the database is asked on one connection at a time.
 *
 * What PostgreSQL says of itself is what the leader of the role `monitor` measured; another daemon measures it only while somebody
 * looks at its page.
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  const { config, metrics, connections } = options;
  const intervalMs = config.values.daemon.monitorIntervalMs;
  const recorder = createRecorder(intervalMs);
  const ask = askInTurn(() => connections()?.database);
  const monitor = monitorOf(connections);
  let askedAt = Number.NEGATIVE_INFINITY;
  const own = shared(intervalMs, async () => prometheusText((await monitor.look()).samples));
  const shownNow = shared(1_000, look);
  const overview = shared(1_000, overviewOf({ ...options, ask, shown: shownNow, latest }));
  const documents: Readonly<Record<string, (query: URLSearchParams) => Promise<unknown>>> = {
    overview,
    history: async (query) => historyOf(recorder, query),
    alerts: shared(2_000, () => alertsOf(ask)),
    statements: sharedBy(2_000, (query) => statementsOf(ask, monitor, query)),
    plan: (query) => planOf(ask, query),
    locks: shared(2_000, () => locksOf(monitor)),
    indexes: shared(5_000, () => indexesOf(ask)),
    measurements: async () => {
      const { shown, by } = await shownNow();
      return measurementsOf(shown, by);
    },
  };
  const timer = setInterval(() => void record(), intervalMs);
  timer.unref();
  void record();

  const close = () => clearInterval(timer);
  return {
    document(name, query) {
      const make = Object.hasOwn(documents, name) ? documents[name] : undefined;
      if (make === undefined) return undefined;
      askedAt = performance.now();
      return within(documentMs, make(query));
    },
    close,
    [Symbol.dispose]: close,
  };

  async function record(): Promise<void> {
    const { shown } = await shownNow();
    recorder.record(shown);
  }

  async function look(): Promise<{ shown: Exposition; by: OverviewDocument["measuredBy"] }> {
    const text = await metrics.shown();
    const shown = readExposition(text);
    if (shown.has("smith_pg_info")) return { shown, by: "this smithd" };
    const isLedHere = options.parts().some(({ role, leads }) => role === "monitor" && leads);
    const isWatched = performance.now() - askedAt < watchedMs;
    // What its leader cannot measure nobody can.
    if (isLedHere || !isWatched || connections() === undefined) return { shown, by: "nobody" };
    const both = readExposition(text + (await own()));
    return { shown: both, by: both.has("smith_pg_info") ? "this page" : "nobody" };
  }

  function latest(chart: string): readonly (number | null)[] {
    const at = charts.findIndex(({ id }) => id === chart);
    const from = charts.slice(0, at).reduce((all, { series }) => all + series.length, 0);
    return recorder.latest().slice(from, from + (charts[at]?.series.length ?? 0));
  }
}

function monitorOf(connections: DashboardOptions["connections"]): Monitor {
  const transaction = async <Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: Parameters<Connections["database"]["transaction"]>[1],
  ): Promise<Result> => {
    const open = connections();
    if (open === undefined)
      throw new SmithError("STARTING", "smithd has not reached its servers yet", { retryable: true });
    return await open.database.transaction(work, options);
  };
  return createMonitorOn({ transaction }, { collectorTimeoutMs: questionMs });
}

/** Two who ask differently are told different things; who asks in more ways than there are is told nothing old. */
function sharedBy<Made>(forMs: number, make: (query: URLSearchParams) => Promise<Made>) {
  const each = new Map<string, () => Promise<Made>>();
  return async (query: URLSearchParams) => {
    const by = query.get("by") === "mean" ? "mean" : "total";
    let one = each.get(by);
    if (one === undefined) {
      one = shared(forMs, () => make(new URLSearchParams({ by })));
      each.set(by, one);
    }
    return await one();
  };
}
