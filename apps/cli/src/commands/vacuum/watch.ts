import type { TableChurn } from "@mister-smith/monitoring";
import type { MonitoringStorageChangesRow } from "@mister-smith/schema";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { listResult } from "../../output/page-result.ts";
import { safeText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows what \`smith vacuum apply\` changed, the latest first, and how the tables stand since: how many of their rows were dead
by then and are now, and how often they were vacuumed since. A share that has not come down after some vacuums has another cause:
\`smith monitor check\` shows transactions that keep dead rows.`,
  options: [{ flags: "--limit <n>", description: "show at most this many, 1 to 100; default: 20" }],
  examples: [{ run: "smith vacuum watch", does: "see what the changes have brought" }],
  exitCodes: { failed: "", unreachable: "" },
  related: ["vacuum apply", "vacuum revert", "monitor check"],
  input: z.strictObject({ limit: wholeNumberInput(1, 100).default(20) }),
  async run(context, { limit }) {
    const [{ withDatabase }, { readChurn, storageChanges }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const { statementTimeoutMs: timeoutMs } = (await context.config()).values.database;
    const followed = await withDatabase(context, "follow the changes", async ({ write }) => {
      const changes = await storageChanges(write, { limit, timeoutMs });
      return await Promise.all(
        changes.map(async (change) => {
          const name = `${change.schema_name}.${change.table_name}`;
          const { tables } = await readChurn(write, { limit: 1, timeoutMs, table: name });
          return followedOf(change, tables[0]);
        }),
      );
    });
    return listResult(context, {
      name: "changes",
      items: followed,
      lines: (changes) =>
        table(
          ["change", "table", "when", "set", "dead then", "dead now", "vacuums since", ""],
          changes.map((one) => [
            one.changeId,
            safeText(one.table),
            utcText(one.changedAt),
            safeText(one.parameters),
            shareText(one.deadShareThen),
            shareText(one.deadShareNow),
            one.vacuumsSince === null ? "-" : String(one.vacuumsSince),
            one.revertedAt === null ? "" : context.colours.dim("taken back"),
          ]),
          context.colours,
        ),
      empty: "nothing was changed yet: `smith vacuum advise` says what could be",
    });
  },
});

const observed = z.object({ rows: z.number(), deadRows: z.number(), vacuums: z.number() }).partial();

function followedOf(change: MonitoringStorageChangesRow, now: Omit<TableChurn, "overMs"> | undefined) {
  const { rows, deadRows, vacuums } = observed.catch({}).parse(change.observed);
  const given = z.record(z.string(), z.string().nullable()).catch({}).parse(change.parameters);
  return {
    changeId: change.change_id,
    table: `${change.schema_name}.${change.table_name}`,
    changedAt: change.changed_at,
    revertedAt: change.reverted_at,
    parameters: Object.entries(given)
      .map(([name, value]) => `${name} = ${value ?? "default"}`)
      .join(", "),
    reason: change.reason,
    deadShareThen: shareOf(deadRows, rows),
    deadShareNow: shareOf(now?.deadRows, now?.rows),
    // Statistics that were reset begin at 0 again.
    vacuumsSince: now === undefined || vacuums === undefined ? null : Math.max(0, now.vacuums - vacuums),
  };
}

function shareOf(dead: number | undefined, rows: number | undefined): number | null {
  return dead === undefined || rows === undefined || rows + dead === 0 ? null : dead / (rows + dead);
}

function shareText(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)} %`;
}
