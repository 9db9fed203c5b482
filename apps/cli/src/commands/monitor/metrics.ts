import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";

export default defineCommand({
  description: `Asks the server once and prints its metrics in Prometheus' text format: for a look, or for a file that a node exporter
reads. docs/reference/metrics.md lists them.

What the role may not see, what this server cannot tell and what it did not answer in time has no value, and never 0; the
metric smith_monitor_collector_state says which it is. With --json also why. Grant pg_monitor to see all of it.
Nothing is changed.`,
  examples: [
    { run: "smith monitor metrics", does: "see all that is known" },
    {
      run: "smith monitor metrics --json | jq '.collectors[] | select(.state != \"ok\")'",
      does: "see what is not known, and why",
    },
  ],
  exitCodes: { unreachable: "" },
  related: ["monitor check", "db pools"],
  input: z.strictObject({}),
  async run(context) {
    const [{ withMonitor, lookOrThrow }, { prometheusText }] = await Promise.all([
      import("../../monitor/with-monitor.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const { at, samples, collectors } = await withMonitor(context, "measure the server", lookOrThrow);
    return {
      data: {
        at: at.toISOString(),
        metrics: samples.map(({ metric, labels, value }) => ({ name: metric.name, labels, value })),
        collectors: collectors.map(({ name, state, answeredAt, durationMs, error }) => ({
          name,
          state,
          answeredAt: answeredAt?.toISOString() ?? null,
          durationMs,
          why: error instanceof Error ? error.message : null,
        })),
      },
      text: prometheusText(samples).trimEnd(),
    };
  },
});
