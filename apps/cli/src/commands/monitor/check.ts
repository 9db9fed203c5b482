import type { Heartbeat, ThresholdCheck } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import type { ExitName } from "../../exit-codes.ts";
import { nameText } from "../../monitor/name-text.ts";
import { durationText } from "../../output/duration-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Measures the server and holds it against the thresholds of monitoring.alert_thresholds that are enabled. The first line
sums up, for a pager; the exit code is that of a plugin of Nagios: 0, 1, 2 or 3.

"no data" is no good news: the value cannot be measured here and now, and the last column says why; so it does of an "error". The first
line says of how many that is so; it is the level "unknown" where there should be a value, and is not where there is nothing to measure
by its nature, as where nobody follows the server. Where smithd has looked at the server itself, but does not any more, that is a warning:
its alerts are told to nobody. What is counted over a time (cache_hit_ratio, query_execution_time_ms) counts from where the server's
statistics begin; deadlock_count_per_hour can never be measured by this one look: smithd counts it, and so does smith monitor. A
role needs pg_monitor to see all of it.
Nothing is changed.`,
  examples: [
    { run: "smith monitor check", does: "see what is past its threshold" },
    {
      run: "smith monitor check --json | jq '.checks[] | select(.level == \"critical\")'",
      does: "list what is critical",
    },
  ],
  exitCodes: {
    ok: "nothing is past a threshold, and all is measured that should be",
    warning: "a value is past its warning threshold, and none past a critical one, or smithd looks no more",
    critical: "a value is past its critical threshold",
    unknown:
      "nothing is past a threshold, but something that should be measured could not be; or the server is away, the command line is wrong, or there is another error",
  },
  failsAs: "unknown",
  related: ["monitor metrics", "db health"],
  input: z.strictObject({}),
  async run(context) {
    const { withMonitor, lookOrThrow } = await import("../../monitor/with-monitor.ts");
    const { checks, heartbeat } = await withMonitor(context, "check the server", async (monitor) => {
      await lookOrThrow(monitor);
      return { checks: await monitor.check(), heartbeat: await monitor.heartbeat() };
    });
    const exit = worst(checks, heartbeat);
    return {
      data: { level: exit, checks, heartbeat },
      text: asText(checks, heartbeat, exit, context),
      exit,
    };
  },
});

function worst(checks: readonly ThresholdCheck[], heartbeat: Heartbeat | null): ExitName {
  const has = (level: ThresholdCheck["level"]) => checks.some((check) => check.level === level);
  if (has("critical")) return "critical";
  if (has("warning") || heartbeat?.isLate === true) return "warning";
  return checks.some(isMissed) || !has("ok") ? "unknown" : "ok";
}

/** Whether there should be a value, and is none. */
function isMissed({ level, absence }: ThresholdCheck): boolean {
  return level === "error" || absence === "hidden";
}

function asText(
  checks: readonly ThresholdCheck[],
  heartbeat: Heartbeat | null,
  exit: ExitName,
  { colours }: Context,
): string {
  const paint = {
    critical: colours.red,
    warning: colours.yellow,
    ok: colours.green,
    "no data": colours.dim,
    error: colours.red,
  };
  const rows = checks.map(
    ({ metric, scope, scopeName, level, value, warning, critical, direction, reason }) => [
      paint[level](level),
      nameText(metric, scope, scopeName),
      value === null ? "-" : numberText(value),
      limitText(warning, direction),
      limitText(critical, direction),
      reason ?? "",
    ],
  );
  const bad = checks.filter(({ level }) => level === "critical" || level === "warning");
  const unmeasured = checks.filter(({ level }) => level === "no data" || level === "error");
  const sum = [
    ...bad.map(
      ({ metric, scope, scopeName, value }) =>
        `${nameText(metric, scope, scopeName)} ${numberText(value ?? 0)}`,
    ),
    ...(heartbeat?.isLate === true ? [`smithd looks no more, for ${durationText(heartbeat.ageMs)}`] : []),
    ...(unmeasured.length > 0 ? [`${unmeasured.length} of ${checks.length} could not be measured`] : []),
  ].join(", ");
  return [
    `${exit.toUpperCase()}${sum === "" ? "" : `: ${sum}`}`,
    "",
    ...table(["level", "metric", "value", "warning", "critical", ""], rows, colours),
  ].join("\n");
}

function limitText(limit: number | null, direction: "above" | "below"): string {
  return limit === null ? "-" : `${direction === "below" ? "≤" : "≥"} ${numberText(limit)}`;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
