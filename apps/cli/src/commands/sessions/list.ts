import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { pageResult } from "../../output/page-result.ts";
import { ownerInput, ownerOptions } from "../../sessions/owner-input.ts";
import { sessionTable } from "../../sessions/session-table.ts";
import { sessionTypes } from "../../sessions/session-types.ts";
import { shownSession } from "../../sessions/shown-session.ts";

export default defineCommand({
  description: `Shows sessions, the latest first. Filters narrow each other. Neither tokens nor their hashes are read, nor what
the application keeps with a session. It changes nothing.`,
  options: [
    ...ownerOptions,
    {
      flags: "--type <type>",
      description: `only sessions of this type: ${sessionTypes.join(", ")}`,
      complete: sessionTypes,
    },
    { flags: "--expired", description: "also those that have expired and were not reaped yet" },
    ...pageOptions,
  ],
  examples: [
    { run: "smith sessions list --user alice", does: "see where somebody is logged in" },
    {
      run: "smith sessions list --json | jq -r '.sessions[].userId' | sort | uniq -c",
      does: "count by user",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["sessions show", "sessions revoke"],
  input: z.strictObject({
    ...pageInput,
    ...ownerInput,
    type: choiceInput(sessionTypes).optional(),
    expired: z.boolean().default(false),
  }),
  async run(context, { user, agent, type, expired, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const which = { userId: user, agentId: agent, sessionType: type, includeExpired: expired, limit, cursor };
    const { items, nextCursor } = await withDatabase(context, "list the sessions", ({ sessions }) =>
      sessions.list(which, { signal: context.signal }),
    );
    return pageResult(context, {
      items: items.map(shownSession),
      nextCursor,
      name: "sessions",
      lines: (sessions) => sessionTable(sessions, context.colours),
      empty: "no session is like that",
    });
  },
});
