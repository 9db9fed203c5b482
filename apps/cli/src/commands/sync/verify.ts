import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { plainJson } from "../../output/plain-json.ts";
import { agentsInput } from "../../sync/agents-input.ts";
import { UsageError } from "../../usage-error.ts";

const sides = ["bucket", "postgres"] as const;

export default defineCommand({
  description: `Compares the bucket of agent state with PostgreSQL, key by key, while both are written to. Each difference is looked at
twice, after the flusher and the relay had their time, and is told with its cause and with the side that is ahead. What
the bucket does not have is cold, and no difference; what expired is none either.

With --repair the bucket gets what the row has where the row is ahead, over nothing that is written meanwhile. What is
not flushed yet is left to smithd, and a damaged row gets its value back where the bucket still has it. What PostgreSQL has
lost, as after it was restored from an older backup, is done again from the bucket: a value, and a delete. What nobody can
know is listed and stays.

Where nothing tells which side is newer (undecided), as may be after PostgreSQL was restored from an older backup, both stay as
they are. Look at what they have, and say with --force which side is right, key by key (--agent and --key) or for all of them.

It also counts the messages that left the bucket before they were flushed, but not with --agent or --key: what is gone does not tell
whose it was.

Memory stays small however many keys there are: of the differences the first 10,000 are listed, and all are counted. It reads
every key once: run it at a quiet hour where they are millions.`,
  options: [
    { flags: "--repair", description: "mend what differs; without it nothing is changed" },
    {
      flags: "--force <side>",
      description: `with --repair: the side that wins where nothing tells which is newer, ${sides.join(" or ")}`,
      complete: sides,
    },
    { flags: "--agent <ids>", description: "only the state of these agents, apart by commas" },
    { flags: "--key <key>", description: "only the state under this key" },
  ],
  examples: [
    { run: "smith sync verify", does: "see whether both stores agree" },
    { run: "smith sync verify --repair", does: "make them agree" },
    {
      run: "smith sync verify --repair --force bucket --agent 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11 --key plan",
      does: "keep what the bucket has of a key of which nobody knows which side is newer",
    },
    {
      run: "smith sync verify --json | jq .byCause",
      does: "count the differences by their causes",
    },
  ],
  exitCodes: {
    ok: "both stores have the same, or all differences are mended",
    failed: "there are differences that are not mended, messages are gone, or the comparison failed",
    unreachable: "PostgreSQL or NATS could not be reached; what was mended stays so",
  },
  related: ["sync status", "sync hydrate", "sync dead-letters list"],
  input: z.strictObject({
    repair: z.boolean().default(false),
    force: z.enum(sides, `must be ${sides.join(" or ")}`).optional(),
    agent: agentsInput.optional(),
    key: z
      .string()
      .min(1, "expected 1 to 255 characters")
      .max(255, "expected 1 to 255 characters")
      .optional(),
  }),
  async run(context, { repair, force, agent, key }) {
    if (force !== undefined && !repair)
      throw new UsageError(`--force ${force} decides what a repair does, and there is none`, {
        hint: "Add --repair, or leave --force out to look first.",
      });
    const [{ withBothStores }, { verifyStores }, { verifyText }] = await Promise.all([
      import("../../sync/with-both-stores.ts"),
      import("@mister-smith/sync"),
      import("../../sync/verify-text.ts"),
    ]);
    using progress = context.progress("comparing");
    const report = await withBothStores(context, "compare both stores", (stores) =>
      verifyStores(stores, {
        repair,
        force,
        agents: agent,
        stateKey: key,
        signal: context.signal,
        onProgress: ({ keys, rows, differences }) =>
          progress.update(`comparing: ${keys} keys, ${rows} rows, ${differences} different`),
      }),
    );
    return {
      data: plainJson({ repair, force: force ?? null, ...report }),
      text: verifyText(report, repair, context.colours),
      exit: report.isClean ? "ok" : "failed",
    };
  },
});
