import type { MonitoringAlertThresholdsRow } from "@mister-smith/schema";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { durationInput } from "../../../input/duration-input.ts";
import { nameText } from "../../../monitor/name-text.ts";
import { scopeInput, scopeOf, scopeOptions } from "../../../monitor/scope-options.ts";
import type { Colours } from "../../../output/colours.ts";
import { durationText } from "../../../output/duration-text.ts";
import { plainJson } from "../../../output/plain-json.ts";
import { table } from "../../../output/table.ts";
import { UsageError } from "../../../usage-error.ts";

const limitInput = z.union(
  [
    z.literal("none").transform(() => null),
    z
      .string()
      .regex(/^-?\d{1,15}(\.\d{1,9})?$/)
      .transform(Number),
  ],
  { error: "expected a number, or none" },
);

const channelsInput = z.string().transform((text) =>
  text === "all"
    ? []
    : text
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== ""),
);

export default defineCommand({
  description: `Shows from when on the value of a metric is an alert, or changes that of one metric, from the next look on. What is not given
stays as it is.

A value is an alert when it was past a threshold for --hold, without one that was not, and it is over when values were clearly on
the right side for as long. Of cache_hit_ratio low values are the bad ones.

With --database or --role it is that of one database or role alone, which is then not held against the threshold of all: of
connection_pool_usage_percent, long_running_transactions_minutes and query_execution_time_ms by either, of cache_hit_ratio and
deadlock_count_per_hour by database. --inherit ends that.`,
  arguments: [{ name: "metric", description: "the metric to change, as it is listed", required: false }],
  options: [
    { flags: "--warning <value>", description: "from which value on it is a warning; none: never" },
    { flags: "--critical <value>", description: "from which value on it is critical; none: never" },
    { flags: "--every <duration>", description: "how often it is looked at: 30s, 5m, 1h" },
    { flags: "--hold <duration>", description: "for how long it must last; 0s: not at all" },
    ...scopeOptions,
    { flags: "--inherit", description: "hold the database or role against the threshold of all again" },
    {
      flags: "--channels <names>",
      description: "which channels are told, with commas between them; all: all there are",
    },
    { flags: "--on", description: "let it be an alert" },
    { flags: "--off", description: "let it be none" },
  ],
  examples: [
    { run: "smith monitor alerts thresholds", does: "see them all" },
    {
      run: "smith monitor alerts thresholds connection_pool_usage_percent --warning 80 --critical 95",
      does: "be warned later",
    },
    { run: "smith monitor alerts thresholds replication_lag_seconds --off", does: "switch one off" },
    {
      run: "smith monitor alerts thresholds long_running_transactions_minutes --role etl --warning 240 --critical 480",
      does: "let one role take its time",
    },
  ],
  exitCodes: { failed: "", "not-found": "there is no threshold of the metric", unreachable: "" },
  related: ["monitor check", "monitor alerts list"],
  input: z.strictObject({
    metric: z.string().optional(),
    warning: limitInput.optional(),
    critical: limitInput.optional(),
    every: durationInput.optional(),
    hold: durationInput.optional(),
    ...scopeInput,
    inherit: z.boolean().default(false),
    channels: channelsInput.optional(),
    on: z.boolean().default(false),
    off: z.boolean().default(false),
  }),
  async run(context, { metric, warning, critical, every, hold, channels, on, off, inherit, ...where }) {
    if (on && off) throw new UsageError("--on and --off do not go together");
    const of = scopeOf(where);
    const own = { warning, critical, enabled: on ? true : off ? false : undefined };
    const change = { ...own, checkIntervalMs: every, holdForMs: hold, channels };
    const isChange = inherit || Object.values(change).some((value) => value !== undefined);
    if (metric === undefined && isChange)
      throw new UsageError("name the metric whose threshold is to change");
    if (inherit && of === undefined) throw new UsageError("--inherit goes with --database or --role");
    if (of !== undefined && [every, hold, channels].some((value) => value !== undefined))
      throw new UsageError(
        "--every, --hold and --channels are those of the metric, of all databases and roles",
      );
    const [{ withDatabase }, monitoring] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const rows = await withDatabase(context, "see to the thresholds", async ({ write }) => {
      if (metric !== undefined && isChange) {
        if (of === undefined) await monitoring.changeThreshold(write, metric, change);
        else if (inherit) await monitoring.removeOverride(write, { metric, ...of });
        else await monitoring.changeOverride(write, { metric, ...of }, own);
      }
      const wholes = await monitoring.listThresholds(write);
      const overrides = await monitoring.listOverrides(write);
      return wholes
        .filter((row) => metric === undefined || row.metric_name === metric)
        .flatMap((row) => [
          { ...row, scope: "", scope_name: "" },
          ...overrides
            .filter(({ metric_name: name }) => name === row.metric_name)
            .map((override) => ({ ...row, ...override })),
        ])
        .filter(
          (row) => of === undefined || inherit || (row.scope === of.scope && row.scope_name === of.scopeName),
        );
    });
    if (rows.length === 0) {
      const { NotFound } = await import("../../../not-found.ts");
      throw new NotFound(
        "the threshold of",
        String(metric),
        "`smith monitor alerts thresholds` lists those that there are.",
      );
    }
    return {
      data: plainJson({
        thresholds: rows.map((row) => ({
          metric: row.metric_name,
          of: row.scope === "" ? null : { [row.scope]: row.scope_name },
          warning: row.warning_threshold,
          critical: row.critical_threshold,
          direction: row.direction,
          everyMs: row.check_interval,
          holdMs: row.hold_for,
          enabled: row.enabled,
          channels: row.notification_channels,
        })),
      }),
      text: thresholdTable(rows, context.colours).join("\n"),
    };
  },
});

interface ShownThreshold extends MonitoringAlertThresholdsRow {
  readonly scope: string;
  readonly scope_name: string;
}

function thresholdTable(rows: readonly ShownThreshold[], colours: Colours): string[] {
  const limit = (value: number | null, direction: string) =>
    value === null ? "never" : `${direction === "below" ? "≤" : "≥"} ${value}`;
  return table(
    ["metric", "warning", "critical", "every", "hold", "told", ""],
    rows.map((row) => [
      nameText(row.metric_name, row.scope, row.scope_name),
      limit(row.warning_threshold, row.direction),
      limit(row.critical_threshold, row.direction),
      durationText(row.check_interval),
      durationText(row.hold_for),
      row.notification_channels.length === 0 ? "all" : row.notification_channels.join(", "),
      row.enabled ? "" : colours.yellow("off"),
    ]),
    colours,
  );
}
