import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { NotFound } from "../../not-found.ts";
import { plainJson } from "../../output/plain-json.ts";
import { sessionText } from "../../sessions/session-text.ts";
import { shownSession } from "../../sessions/shown-session.ts";

export default defineCommand({
  description: `Shows one session: whose it is, since when, how long still, and what it may do. Neither its token nor the token's
hash is read. What the application keeps with it is shown with --data only: there may be secrets in it. It changes
nothing.`,
  arguments: [{ name: "session-id", description: "the session" }],
  options: [
    { flags: "--data", description: "also what the application keeps with it, and its user's preferences" },
  ],
  examples: [
    { run: "smith sessions show 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11", does: "see whose session it is" },
  ],
  exitCodes: { failed: "", "not-found": "no session has this id, or it has expired", unreachable: "" },
  related: ["sessions list", "sessions revoke"],
  input: z.strictObject({ sessionId: idInput, data: z.boolean().default(false) }),
  async run(context, { sessionId, data }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const found = await withDatabase(context, "read the session", ({ sessions }) =>
      sessions.get(sessionId, { signal: context.signal }),
    );
    if (found === null)
      throw new NotFound(
        "session",
        sessionId,
        "It may have expired; `smith sessions list` shows those that count.",
      );
    const session = data ? found : shownSession(found);
    return { data: plainJson({ session }), text: sessionText(session, context.colours) };
  },
});
