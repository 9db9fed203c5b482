import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import type { Context } from "../../../context.ts";
import { wholeNumberInput } from "../../../input/whole-number-input.ts";
import { nameText } from "../../../monitor/name-text.ts";
import { plainJson } from "../../../output/plain-json.ts";
import { section } from "../../../output/section.ts";
import { table } from "../../../output/table.ts";
import { utcText } from "../../../output/utc-text.ts";

export default defineCommand({
  description: `Shows how each metric stood when smithd last held it against its thresholds, what is worst first, and what became of alerts
lately. "pending" is past a threshold, but not for as long as it must be; "no data" cannot be measured, and says why.

smithd (its role monitor) looks, keeps this in the database, and tells it in its log and to its channels; those that were not reached yet are named, with why in the
JSON. Where none runs, nothing is here. For a look
of your own, now, use smith monitor check. Nothing is changed.`,
  options: [{ flags: "--limit <n>", description: "show at most this many changes, 1 to 1000; default: 20" }],
  examples: [
    { run: "smith monitor alerts list", does: "see what fires" },
    {
      run: "smith monitor alerts list --json | jq '.alerts[] | select(.state == \"firing\")'",
      does: "list it for a script",
    },
  ],
  exitCodes: { ok: "nothing fires", failed: "an alert fires", unreachable: "" },
  related: ["monitor check", "monitor alerts thresholds"],
  input: z.strictObject({ limit: wholeNumberInput(1, 1000).default(20) }),
  async run(context, { limit }) {
    const [{ withDatabase }, { alertHistory, listAlerts, waitingDeliveries }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const { alerts, changes } = await withDatabase(context, "list the alerts", async ({ write }) => {
      const deliveries = await waitingDeliveries(write);
      return {
        alerts: (await listAlerts(write)).map((one) => ({
          metric: one.metric_name,
          of: one.scope === "" ? null : { [one.scope]: one.scope_name },
          name: nameText(one.metric_name, one.scope, one.scope_name),
          state: one.state,
          severity: one.severity,
          value: one.value,
          reason: one.reason,
          since: one.since,
          checkedAt: one.checked_at,
        })),
        changes: (await alertHistory(write, limit)).map((one) => ({
          metric: one.metric_name,
          of: one.scope === "" ? null : { [one.scope]: one.scope_name },
          name: nameText(one.metric_name, one.scope, one.scope_name),
          state: one.state,
          severity: one.severity,
          value: one.value,
          reason: one.reason,
          changedAt: one.changed_at,
          toldAt: one.told_at,
          silenced: one.silenced,
          waiting: deliveries
            .filter(({ change_id: id }) => id === one.change_id)
            .map(({ channel, attempts, last_error: error }) => ({ channel, attempts, error })),
        })),
      };
    });
    if (alerts.length === 0)
      context.note("nothing was looked at yet: does smithd run, with the role monitor?");
    return {
      data: plainJson({ alerts, changes }),
      text: asText(alerts, changes, context),
      exit: alerts.some(({ state }) => state === "firing") ? "failed" : "ok",
    };
  },
});

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly severity: string | null;
  readonly value: number | null;
  readonly reason: string | null;
}

interface ShownChange extends Shown {
  readonly changedAt: Date;
  readonly toldAt: Date | null;
  readonly silenced: boolean;
  readonly waiting: readonly { readonly channel: string }[];
}

function toldText({ toldAt, silenced, waiting }: ShownChange): string {
  if (silenced) return "silenced";
  if (toldAt !== null) return "yes";
  return waiting.length === 0 ? "not yet" : `not yet: ${waiting.map(({ channel }) => channel).join(", ")}`;
}

function asText(
  alerts: readonly (Shown & { readonly since: Date })[],
  changes: readonly ShownChange[],
  { colours }: Context,
): string {
  if (alerts.length === 0) return "";
  const paints: Readonly<Record<string, (text: string) => string>> = {
    firing: colours.red,
    pending: colours.yellow,
    ok: colours.green,
  };
  const paint = (state: string) => (paints[state] ?? colours.dim)(state);
  const row = ({ name, state, severity, value, reason }: Shown) => [
    paint(state),
    severity ?? "",
    name,
    value === null ? "-" : String(Number(value.toPrecision(4))),
    reason ?? "",
  ];
  const now = table(
    ["state", "severity", "since", "metric", "value", ""],
    alerts.map((one) => row(one).toSpliced(2, 0, utcText(one.since))),
    colours,
  );
  const then = table(
    ["became", "severity", "at", "told", "metric", "value", ""],
    changes.map((one) => row(one).toSpliced(2, 0, utcText(one.changedAt), toldText(one))),
    colours,
  );
  return [...now, ...(changes.length === 0 ? [] : section("lately", then, colours))].join("\n");
}
