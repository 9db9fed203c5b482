import { resolve } from "node:path";
import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";

const wholeNumber = (what: string, max: number) =>
  z
    .string()
    .regex(/^[1-9]\d*$/, `must be a ${what} from 1 to ${max}`)
    .transform(Number)
    .refine((number) => number <= max, `must be a ${what} from 1 to ${max}`);

export default defineCommand({
  description: `Lives recorded runs of agents through the data layer, in their original order: the agent is registered,
every step writes its task with the execution and its outcome, its messages and its state, and what was found out
becomes knowledge facts. Then every row is read back and compared with the input.

Where a NATS is named or the embedded one runs, the state of the agents goes through JetStream: each run is committed without
it, the values that its agents have at the end are put into the bucket, brought to PostgreSQL by smithd, or by the replay
itself where no smithd does it, waited for and compared. Else, and with --state sql, it is written with the rest of its run.

It reads JSON Lines as docs/replay-format.md describes them (.jsonl), SWE-agent trajectories (.traj), and folders of
both. All files are checked before anything is written; a damaged one is refused with its line and the reason.

A run is in the database as a whole or not at all, its state aside where that goes through JetStream: a replay that was
ended before that was there is completed by the same command. Ids follow from the run, so the same command again writes nothing
and checks what is there; --label lives the same runs as other agents. Times are moved so that a run ends now.`,
  arguments: [
    {
      name: "path",
      description: "recorded runs: .jsonl and .traj files, or folders that hold some",
      variadic: true,
      complete: "file",
    },
  ],
  options: [
    {
      flags: "--agents <n>",
      description: "live the runs as this many agents, repeating them in order; default: each run once",
    },
    {
      flags: "--rate <steps>",
      description: "begin at most this many steps a second over all agents; default: as fast as possible",
    },
    {
      flags: "--concurrency <n>",
      description: "connections that write at the same time, 1 to 64; default: 4",
    },
    {
      flags: "--state <way>",
      description:
        "stored, durable: through JetStream, a put being over when JetStream, or PostgreSQL, has it; sql: with the rest of its run. Default: stored where NATS is known, else sql",
    },
    {
      flags: "--label <text>",
      description: "tell this replay apart from others of the same runs, so that it has agents of its own",
    },
  ],
  examples: [
    { run: "smith replay examples/", does: "replay the runs that ship with Mister Smith" },
    { run: "smith replay runs/*.traj --agents 200", does: "make 200 agents out of your own recordings" },
    { run: "smith replay runs/ --rate 5", does: "watch agents at work, five steps a second" },
    {
      run: "smith replay runs/ --label load-1 --json | jq .written",
      does: "replay once more beside the first time, and read the rates",
    },
  ],
  exitCodes: {
    failed: "a file is damaged, the database refused something, or a row is not as the input says",
    unreachable: "PostgreSQL or NATS does not answer",
  },
  related: ["demo", "migrate up", "sync status", "up"],
  input: z.strictObject({
    path: z.array(z.string()).min(1, "at least one path is needed"),
    agents: wholeNumber("number of agents", 100_000).optional(),
    rate: z
      .string()
      .regex(/^\d+(\.\d+)?$/, "must be a number of steps a second")
      .transform(Number)
      .refine((steps) => steps > 0 && steps <= 1_000_000, "must be above 0 and at most 1000000")
      .optional(),
    concurrency: wholeNumber("number of connections", 64).optional(),
    state: z.enum(["stored", "durable", "sql"], "must be stored, durable or sql").optional(),
    label: z
      .string()
      .regex(/^[\w.=-]{1,40}$/, "must be 1 to 40 letters, digits, dots, dashes, underscores or equals signs")
      .optional(),
  }),
  async run(context, { path, state, ...options }) {
    const [{ replay }, { replayText }, { stateStreamOf }] = await Promise.all([
      import("../replay/replay.ts"),
      import("../replay/replay-text.ts"),
      import("../replay/states/state-stream-of.ts"),
    ]);
    const databaseUrl = await context.databaseUrl();
    const { addresses, connectTimeoutMs, statementTimeoutMs } = (await context.config()).values.database;
    using progress = context.progress("replaying");
    const result = await replay({
      ...options,
      databaseUrl,
      nats: await stateStreamOf(context, state),
      addresses,
      connectTimeoutMs,
      statementTimeoutMs,
      paths: path.map((given) => resolve(context.cwd, given)),
      signal: context.signal,
      onProgress: (doing) => progress.update(doing),
    });
    return {
      data: result,
      text: replayText(result, context.colours),
      exit: result.verified ? "ok" : "failed",
    };
  },
});
