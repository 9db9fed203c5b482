import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";

export default defineCommand({
  description: `Compares the streams, buckets and consumers in JetStream with what the configuration wants (sync.streams,
sync.buckets, sync.consumers), and shows every setting that differs. With --apply it creates what is missing and
changes in place what differs. Run it once for a new NATS, after an upgrade, and whenever these settings change.

It never deletes. What would drop stored messages, or what the server cannot change, is refused with its reason: that
stream, bucket or consumer stays wholly as it is, and the others are done. Several runs at once are safe, and a run that
finds nothing to do changes nothing.

What the server lacks is said: replicas fall to 1 where it is in no cluster, compression needs nats-server 2.10. What the
configuration asks for explicitly is not given up so: the command then fails. A warning tells when an acknowledged
message can be lost with its machine, because the server does not write to disk before it acknowledges and there are
fewer than three replicas.`,
  options: [
    { flags: "--apply", description: "create and change what differs; without it nothing is changed" },
  ],
  examples: [
    { run: "smith sync topology", does: "see what is missing or differs" },
    { run: "smith sync topology --apply", does: "bring it about" },
    {
      run: "smith sync topology --json | jq '.steps[] | select(.outcome != \"unchanged\")'",
      does: "list only what is not as it is to be",
    },
  ],
  exitCodes: {
    failed: "something was refused, or the server did not take it; the rest was done",
    pending: "something is missing or differs, and --apply was not given",
    unreachable: "",
  },
  related: ["doctor", "config"],
  input: z.strictObject({ apply: z.boolean().default(false) }),
  async run(context, { apply }) {
    const [{ ensureTopology }, { withNats }, { monitoringUrlsOf }, { topologyText }, { topologyDocument }] =
      await Promise.all([
        import("@mister-smith/sync"),
        import("../../sync/with-nats.ts"),
        import("../../sync/monitoring-urls.ts"),
        import("../../sync/topology-text.ts"),
        import("../../sync/topology-document.ts"),
      ]);
    const config = (await context.config()).values.sync;
    const monitoringUrls = await monitoringUrlsOf(context);
    using progress = context.progress("looking at JetStream");
    const report = await withNats(context, (link) =>
      ensureTopology(link, config, {
        apply,
        monitoringUrls,
        signal: context.signal,
        onStep: ({ action, kind, name }) => progress.update(`${action} the ${kind} ${name}`),
      }),
    );
    const { warning } = report.durability;
    if (warning !== undefined) context.note(`warning: ${warning}`);
    return {
      data: { apply, ...topologyDocument(report) },
      text: topologyText(report, context.colours),
      exit: exitOf[report.state],
    };
  },
});

const exitOf = { ready: "ok", pending: "pending", refused: "failed" } as const;
