import type { Metric } from "../metrics/metric.ts";
import { metricGroups } from "../metrics/registry.ts";
import { promql } from "./rules/rule.ts";
import { thresholdExpressions } from "./rules/threshold-rules.ts";

const datasource = { type: "prometheus", uid: "$datasource" };
const selector = 'instance=~"$instance"';
const width = 12;
const height = 7;

interface Picture {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  readonly unit: string;
  readonly legend: string;
}

/**
 * A dashboard for Grafana: what matters first, PostgreSQL and JetStream in one picture, then every metric there is, a row for
 * each group. To be imported, or put into a folder that Grafana provisions.
 */
export function grafanaDashboard(): object {
  const sections = [
    { title: "At a glance", pictures: overview(), collapsed: false },
    ...metricGroups.map(({ name, of, metrics }) => ({
      title: `${of}: ${name.replaceAll("_", " ")}`,
      pictures: metrics.map(pictureOf),
      collapsed: true,
    })),
  ];
  return {
    uid: "mister-smith",
    title: "Mister Smith",
    tags: ["mister-smith"],
    editable: true,
    schemaVersion: 39,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
        {
          name: "instance",
          label: "Instance",
          type: "query",
          datasource,
          query: { query: "label_values(smith_monitor_collector_state, instance)", refId: "instance" },
          refresh: 2,
          includeAll: true,
          multi: true,
          allValue: ".*",
          current: { text: "All", value: "$__all" },
        },
      ],
    },
    panels: panelsOf(sections),
  };
}

interface Section {
  readonly title: string;
  readonly pictures: readonly Picture[];
  readonly collapsed: boolean;
}

function panelsOf(sections: readonly Section[]): readonly object[] {
  const panels: object[] = [];
  let id = 0;
  let y = 0;
  for (const { title, pictures, collapsed } of sections) {
    id += 1;
    const row = { id, type: "row", title, collapsed, gridPos: { h: 1, w: 24, x: 0, y } };
    const top = y + 1;
    const inside = pictures.map((picture, at) => {
      id += 1;
      const gridPos = { h: height, w: width, x: (at % 2) * width, y: top + Math.floor(at / 2) * height };
      return panelOf(picture, id, gridPos);
    });
    panels.push(collapsed ? { ...row, panels: inside } : { ...row, panels: [] });
    if (!collapsed) panels.push(...inside);
    y = collapsed ? top : top + Math.ceil(pictures.length / 2) * height;
  }
  return panels;
}

function panelOf({ title, description, expr, unit, legend }: Picture, id: number, gridPos: object): object {
  return {
    id,
    type: "timeseries",
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit, custom: { showPoints: "never" } }, overrides: [] },
    targets: [{ refId: "A", datasource, expr: chosen(expr), legendFormat: legend }],
  };
}

/** What matters of all of it: what has thresholds, and what both stores and the bridge between them hold back. */
function overview(): readonly Picture[] {
  const others = [
    ["Age of state that PostgreSQL does not have yet", "{smith_sync_flush_lag_seconds}", "s", "flush"],
    ["Age of events that are not published yet", "{smith_sync_relay_lag_seconds}", "s", "relay"],
    ["Storage of JetStream", "{smith_jetstream_storage_bytes}", "bytes", "storage"],
    [
      "Messages that consumers were not given yet",
      "{smith_jetstream_consumer_pending_messages}",
      "short",
      "{{stream}} {{consumer}}",
    ],
    ["Tasks that could be claimed", "{smith_tasks_ready}", "short", "{{task_type}}"],
    ["Dead letters", "{smith_sync_dead_letters}", "short", "{{pipe}}"],
  ] as const;
  return [
    ...Object.values(thresholdExpressions).map(({ title, expr, unit, remedy }) => ({
      title,
      description: remedy,
      expr,
      unit,
      legend: "__auto",
    })),
    ...others.map(([title, expr, unit, legend]) => ({
      title,
      description: "",
      expr: promql(expr),
      unit,
      legend,
    })),
  ];
}

function pictureOf(metric: Metric): Picture {
  const { name, help, labels, type } = metric;
  const legend = labels.map((label) => `{{${label}}}`).join(" ");
  return {
    title: name,
    description: help,
    expr: exprOf(metric),
    unit: type === "counter" ? perSecond(unitOf(name)) : unitOf(name),
    legend: legend === "" ? name : legend,
  };
}

function exprOf({ name, type }: Metric): string {
  if (type === "counter") return `rate(${name}[$__rate_interval])`;
  // Grafana counts moments in milliseconds.
  if (type === "gauge") return isMoment(name) ? `${name} * 1000` : name;
  return `histogram_quantile(0.99, sum by (le) (rate(${name}_bucket[$__rate_interval])))`;
}

/** By the end of its name, which is its unit. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/, "");
  if (isMoment(base)) return "dateTimeAsIso";
  if (base.endsWith("_seconds")) return "s";
  if (base.endsWith("_bytes") || base.includes("_bytes_")) return "bytes";
  return base.endsWith("_ratio") ? "percentunit" : "short";
}

function isMoment(name: string): boolean {
  return /_start_time_seconds$|_clock_seconds$/.test(name);
}

function perSecond(unit: string): string {
  if (unit === "bytes") return "Bps";
  return unit === "s" ? "percentunit" : "ops";
}

// Every series has the instance that Prometheus adds.
function chosen(expr: string): string {
  return expr.replaceAll(/\bsmith_[a-z0-9_]+(\{)?/g, (name, brace: string | undefined) =>
    brace === undefined ? `${name}{${selector}}` : `${name}${selector},`,
  );
}
