import type { MonitoringAlertThresholdsRow } from "@mister-smith/schema";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { durationInput } from "../../../input/duration-input.ts";
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

export default defineCommand({
  description: `Shows from when on the value of a metric is an alert, or changes that of one metric, from the next look on. What is not given
stays as it is.

A value is an alert when it was past a threshold for --hold, without one that was not, and it is over when values were clearly on
the right side for as long. Of cache_hit_ratio low values are the bad ones.`,
  arguments: [{ name: "metric", description: "the metric to change, as it is listed", required: false }],
  options: [
    { flags: "--warning <value>", description: "from which value on it is a warning; none: never" },
    { flags: "--critical <value>", description: "from which value on it is critical; none: never" },
    { flags: "--every <duration>", description: "how often it is looked at: 30s, 5m, 1h" },
    { flags: "--hold <duration>", description: "for how long it must last; 0s: not at all" },
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
  ],
  exitCodes: { failed: "", "not-found": "there is no threshold of the metric", unreachable: "" },
  related: ["monitor check", "monitor alerts list"],
  input: z.strictObject({
    metric: z.string().optional(),
    warning: limitInput.optional(),
    critical: limitInput.optional(),
    every: durationInput.optional(),
    hold: durationInput.optional(),
    on: z.boolean().default(false),
    off: z.boolean().default(false),
  }),
  async run(context, { metric, warning, critical, every, hold, on, off }) {
    if (on && off) throw new UsageError("--on and --off do not go together");
    const change = {
      warning,
      critical,
      checkIntervalMs: every,
      holdForMs: hold,
      enabled: on ? true : off ? false : undefined,
    };
    const isChange = Object.values(change).some((value) => value !== undefined);
    if (metric === undefined && isChange)
      throw new UsageError("name the metric whose threshold is to change");
    const [{ withDatabase }, { changeThreshold, listThresholds }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const rows = await withDatabase(context, "see to the thresholds", async ({ write }) => {
      if (metric === undefined || !isChange)
        return (await listThresholds(write)).filter(
          (row) => metric === undefined || row.metric_name === metric,
        );
      return [await changeThreshold(write, metric, change)];
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
          warning: row.warning_threshold,
          critical: row.critical_threshold,
          direction: row.direction,
          everyMs: row.check_interval,
          holdMs: row.hold_for,
          enabled: row.enabled,
        })),
      }),
      text: thresholdTable(rows, context.colours).join("\n"),
    };
  },
});

function thresholdTable(rows: readonly MonitoringAlertThresholdsRow[], colours: Colours): string[] {
  const limit = (value: number | null, direction: string) =>
    value === null ? "never" : `${direction === "below" ? "≤" : "≥"} ${value}`;
  return table(
    ["metric", "warning", "critical", "every", "hold", ""],
    rows.map((row) => [
      row.metric_name,
      limit(row.warning_threshold, row.direction),
      limit(row.critical_threshold, row.direction),
      durationText(row.check_interval),
      durationText(row.hold_for),
      row.enabled ? "" : colours.yellow("off"),
    ]),
    colours,
  );
}
