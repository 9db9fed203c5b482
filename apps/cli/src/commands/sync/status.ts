import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Shows how JetStream and PostgreSQL stand to each other: how far the bucket of agent state is flushed and how much
waits, who has which role and until when, events that are not published yet, dead letters, and which changes the
database tells of. Where NATS is away, or has no JetStream, the rest is shown all the same.

That something waits is usual. It fails when something waits and nobody has the role to bring it over, or the bucket is
not there, or NATS does not tell of it. Dead letters hold nothing else up and do not make it fail. Nothing is changed.`,
  examples: [
    { run: "smith sync status", does: "see whether everything moves" },
    { run: "smith sync status --json | jq .nats.bucket.behind", does: "get the messages that wait" },
    {
      run: "smith sync status --json | jq '[.deadLetters[].open] | add // 0'",
      does: "count the dead letters that are open",
    },
  ],
  exitCodes: {
    ok: "both stores answer, and whatever waits is brought over",
    failed:
      "something waits and nobody brings it over, or the bucket is not there or not told of; the rest was shown",
    unreachable: "PostgreSQL or NATS could not be reached; without NATS the rest was shown",
  },
  related: ["sync topology", "sync verify", "sync dead-letters list", "sync events"],
  input: z.strictObject({}),
  async run(context) {
    const [{ readStatus }, { judgeStatus }, { statusText }] = await Promise.all([
      import("../../sync/read-status.ts"),
      import("../../sync/judge-status.ts"),
      import("../../sync/status-text.ts"),
    ]);
    using _progress = context.progress("looking at both stores");
    const status = await readStatus(context);
    const judgement = judgeStatus(status);
    return {
      data: plainJson({ ...judgement, ...status }),
      text: statusText(status, judgement, context.colours),
      exit: exitOf[judgement.state],
    };
  },
});

const exitOf = { ok: "ok", stuck: "failed", unreachable: "unreachable" } as const;
