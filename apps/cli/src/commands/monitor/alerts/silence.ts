import { userInfo } from "node:os";
import type { MonitoringAlertSilencesRow } from "@mister-smith/schema";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { durationInput } from "../../../input/duration-input.ts";
import { idInput } from "../../../input/id-input.ts";
import { momentInput } from "../../../input/moment-input.ts";
import { nameText } from "../../../monitor/name-text.ts";
import { scopeInput, scopeOf, scopeOptions } from "../../../monitor/scope-options.ts";
import type { Colours } from "../../../output/colours.ts";
import { plainJson } from "../../../output/plain-json.ts";
import { shortText } from "../../../output/safe-text.ts";
import { table } from "../../../output/table.ts";
import { utcText } from "../../../output/utc-text.ts";
import { UsageError } from "../../../usage-error.ts";

export default defineCommand({
  description: `Has alerts told to nobody for a while, as during an upgrade. How they stand is kept all the same, and shown by smith monitor alerts
list. When the silence has ended, what is still so, and was not told, is told.

Without a metric and --all it shows the silences that hold or are to come; with --ended those that ended, too. --end ends one now.`,
  arguments: [{ name: "metric", description: "the metric that is silenced", required: false }],
  options: [
    { flags: "--all", description: "silence every metric" },
    ...scopeOptions,
    { flags: "--for <duration>", description: "for how long: 30m, 2h, up to 366d" },
    { flags: "--from <time>", description: "from when on, as 2026-11-23T02:30:00Z; default: now" },
    { flags: "--reason <text>", description: "why" },
    { flags: "--by <name>", description: "who wants it; default: your user" },
    { flags: "--end <id>", description: "end this silence" },
    { flags: "--ended", description: "show those that ended, too" },
  ],
  examples: [
    { run: "smith monitor alerts silence", does: "see what is silenced, and why" },
    {
      run: "smith monitor alerts silence replication_lag_seconds --for 2h --reason 'the replica is copied anew'",
      does: "not be woken by what is known",
    },
    { run: "smith monitor alerts silence --all --for 30m --reason upgrade", does: "silence everything" },
  ],
  exitCodes: { failed: "", "not-found": "there is no such metric or silence", unreachable: "" },
  related: ["monitor alerts list", "monitor alerts thresholds"],
  input: z.strictObject({
    metric: z.string().optional(),
    all: z.boolean().default(false),
    ...scopeInput,
    for: durationInput.optional(),
    from: momentInput.optional(),
    reason: z.string().optional(),
    by: z.string().optional(),
    end: idInput.optional(),
    ended: z.boolean().default(false),
  }),
  async run(context, { metric, all, for: forMs, from, reason, by, end, ended, ...where }) {
    const of = scopeOf(where);
    const isNew = metric !== undefined || all;
    if (metric !== undefined && all) throw new UsageError("a metric and --all do not go together");
    if (isNew && end !== undefined) throw new UsageError("--end goes with no metric, and not with --all");
    if (isNew && (forMs === undefined || reason === undefined))
      throw new UsageError("a silence needs --for and --reason");
    if (!isNew && [forMs, from, reason, by, of].some((value) => value !== undefined))
      throw new UsageError("name the metric to silence, or --all");
    const [{ withDatabase }, { addSilence, endSilence, listSilences }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const silences = await withDatabase(context, "see to the silences", async ({ write }) => {
      if (end !== undefined) return [await endSilence(write, end)];
      if (!isNew) return await listSilences(write, { ended });
      const createdBy = by ?? userInfo().username;
      return [
        await addSilence(write, { metric, of, reason: reason ?? "", createdBy, from, forMs: forMs ?? 0 }),
      ];
    });
    if (silences.length === 0) context.note("nothing is silenced");
    return {
      data: plainJson({
        silences: silences.map((row) => ({
          id: row.silence_id,
          metric: row.metric_name,
          of: row.scope === null ? null : { [row.scope]: row.scope_name },
          from: row.starts_at,
          until: row.ends_at,
          reason: row.reason,
          by: row.created_by,
        })),
      }),
      text: silences.length === 0 ? "" : silenceTable(silences, context.colours).join("\n"),
    };
  },
});

function silenceTable(rows: readonly MonitoringAlertSilencesRow[], colours: Colours): string[] {
  return table(
    ["silence", "metric", "from", "until", "by", "reason"],
    rows.map((row) => [
      row.silence_id,
      nameText(row.metric_name ?? "all", row.scope, row.scope_name),
      utcText(row.starts_at),
      utcText(row.ends_at),
      shortText(row.created_by, 30),
      shortText(row.reason, 60),
    ]),
    colours,
  );
}
