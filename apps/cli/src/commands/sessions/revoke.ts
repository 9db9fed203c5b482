import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput, optionalIdsInput } from "../../input/id-input.ts";
import { count } from "../../output/count.ts";
import { ownerInput, ownerOptions } from "../../sessions/owner-input.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Ends sessions: named ones, or all of a user or an agent. Their tokens open nothing from then on, and there is no way
back: whoever had one begins a new session.`,
  arguments: [
    {
      name: "session-id",
      description: "the sessions; none with --user or --agent",
      variadic: true,
      required: false,
    },
  ],
  options: [
    ...ownerOptions,
    { flags: "--except <session-id>", description: "with --user or --agent: all but this one" },
  ],
  examples: [
    { run: "smith sessions revoke 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11", does: "end one session" },
    { run: "smith sessions revoke --user alice", does: "log somebody out everywhere" },
  ],
  exitCodes: {
    failed: "",
    "not-found": "one of the named sessions does not exist; the others were ended",
    unreachable: "",
  },
  related: ["sessions list", "sessions show"],
  input: z.strictObject({ ...ownerInput, sessionId: optionalIdsInput, except: idInput.optional() }),
  async run(context, { sessionId: ids, user, agent, except }) {
    const named = [ids, user, agent].filter((given) => given !== undefined).length;
    if (named !== 1)
      throw refused(
        named === 0 ? "no session is named" : "session ids, --user and --agent do not go together",
      );
    if (except !== undefined && ids !== undefined) throw refused("--except goes with --user or --agent");
    const { withDatabase } = await import("../../database/with-database.ts");
    const options = { signal: context.signal };
    const revoked = await withDatabase(context, "revoke the sessions", async ({ sessions }) => {
      if (user !== undefined)
        return await sessions.revokeAll({ userId: user }, { exceptSessionId: except }, options);
      if (agent !== undefined)
        return await sessions.revokeAll({ agentId: agent }, { exceptSessionId: except }, options);
      return await sessions.revoke(ids ?? [], options);
    });
    const missing = ids === undefined ? 0 : ids.length - revoked;
    if (missing > 0)
      context.note(
        `${missing} of ${count(ids?.length ?? 0, "session")} ${missing === 1 ? "does" : "do"} not exist`,
      );
    return {
      data: { revoked, missing },
      text: `${count(revoked, "session")} revoked`,
      exit: missing > 0 ? "not-found" : "ok",
    };
  },
});

function refused(message: string): UsageError {
  return new UsageError(message, { hint: "Give session ids, or --user USER, or --agent ID." });
}
