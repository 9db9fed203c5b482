import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { count } from "../../output/count.ts";
import { table } from "../../output/table.ts";
import type { EventSource } from "../../sql/sync.ts";
import { eventKinds } from "../../sync/event-kinds.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Shows which changes the database tells of: triggers write them into the outbox, from where smithd publishes them to
JetStream. With enable or disable it switches that, for the kinds that are named or for all of them.

smithd enables all of them when it starts, unless daemon.events is false. Without smithd that publishes them, events
pile up in the database: disable them when you go without it for long. What is pending stays and is published later;
what happens while a kind is off is told to nobody.

Switching takes a short lock on each table. It waits for nobody long and is tried again for some seconds; then it fails,
and nothing is switched.`,
  arguments: [
    {
      name: "action",
      description: "enable or disable; none only shows",
      required: false,
      complete: ["enable", "disable"],
    },
    {
      name: "kind",
      description: `of ${eventKinds.join(", ")}; default: all`,
      variadic: true,
      required: false,
      complete: eventKinds,
    },
  ],
  examples: [
    { run: "smith sync events", does: "see what is on" },
    { run: "smith sync events enable", does: "have the database tell of everything" },
    { run: "smith sync events disable heartbeat", does: "keep heartbeats quiet, which are the most" },
  ],
  exitCodes: { failed: "a table was busy, or the role may not; nothing was switched", unreachable: "" },
  related: ["sync status", "config"],
  input: z.strictObject({
    action: choiceInput(["enable", "disable"]).optional(),
    kind: z.array(choiceInput(eventKinds)).optional(),
  }),
  async run(context, { action, kind = [] }) {
    if (action === undefined && kind.length > 0)
      throw new UsageError("a kind is named, but not what is to be done with it", {
        hint: "Put enable or disable before it.",
      });
    const [{ withDatabase }, { selectEventSources, switchEvents }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../sql/sync.ts"),
    ]);
    const kinds = kind.length === 0 ? eventKinds : kind;
    const { signal } = context;
    const doing = action === undefined ? "look at the events" : `${action} the events`;
    const [switched, sources] = await withDatabase(context, doing, async ({ write }) => [
      action === undefined ? 0 : await write.oneFirst(switchEvents(action === "enable", kinds), { signal }),
      await write.any(selectEventSources, { signal }),
    ]);
    if (action !== undefined) context.note(`${count(switched, "trigger")} ${action}d`);
    return { data: { switched, events: sources }, text: eventTable(sources, context).join("\n") };
  },
});

function eventTable(sources: readonly EventSource[], { colours }: Context): string[] {
  const rows = sources.map(({ kind, table: name, enabled }) => [
    kind,
    name,
    enabled ? colours.green("on") : colours.dim("off"),
  ]);
  return table(["kind", "table", "told"], rows, colours);
}
