import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import type { PrimaryView, ReplicationView, ReplicaView } from "../../db/look-at-replicas.ts";
import { byteText } from "../../output/byte-text.ts";
import { durationText } from "../../output/duration-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows how far every replica is behind: from the primary's own list of those who follow it, and from each
configured replica (database.replica), which is asked itself.

"lag" is what a replica has still to replay, in bytes of the write-ahead log, and how old the newest change is that it
shows, by its own clock; a replica that lacks nothing has none. "received" of that waits on the replica itself: much of
it means that the replay is slow or paused, little that the network or the primary is. A slot that nobody uses makes
the primary keep its log until the disk is full.

The list of the primary is complete only for a role with the rights of pg_monitor. Nothing is changed.`,
  examples: [
    { run: "smith db lag", does: "see how far each replica is and what holds it up" },
    {
      run: "smith db lag --json | jq '[.replicas[].lagBytes] | max'",
      does: "get the largest lag in bytes, for a graph",
    },
  ],
  exitCodes: {
    ok: "every configured replica follows within the bounds of database.replicaLag, or there is none",
    failed: "a replica does not answer, does not follow, or is too far behind",
    unreachable: "the primary cannot be asked",
  },
  related: ["db health", "db pools"],
  input: z.strictObject({}),
  async run(context) {
    const [{ withAllPools }, { lookAtReplicas }] = await Promise.all([
      import("../../db/with-all-pools.ts"),
      import("../../db/look-at-replicas.ts"),
    ]);
    using _progress = context.progress("asking every server");
    const view = await withAllPools(context, "look at the replicas", lookAtReplicas);
    return { data: view, text: asText(view, context), exit: exitOf(view) };
  },
});

function exitOf({ primary, replicas }: ReplicationView) {
  if (primary === null || primary.lsn === null) return "unreachable";
  return replicas.every(({ state }) => state === "streaming") ? "ok" : "failed";
}

function asText({ primary, replicas }: ReplicationView, context: Context): string {
  return [
    ...primaryLines(primary, context),
    "",
    ...replicaLines(replicas, context),
    ...followerLines(primary, context),
    ...slotLines(primary, context),
  ].join("\n");
}

function primaryLines(primary: PrimaryView | null, { colours }: Context): string[] {
  if (primary === null) return [colours.red("no primary is known")];
  if (primary.lsn !== null) return [`primary ${primary.address}, its log is at ${primary.lsn}`];
  return [
    colours.red(`primary ${primary.address}: ${primary.why}`),
    "What the replicas lack cannot be told without it; look with `smith db health`.",
  ];
}

function replicaLines(replicas: readonly ReplicaView[], { colours }: Context): string[] {
  if (replicas.length === 0)
    return ["no replica is configured; name those there are in database.replica.addresses"];
  const rows = replicas.map(({ name, address, state, lagBytes, lagMs, unreplayedBytes, why }) => [
    name,
    address,
    state === "streaming" ? colours.green(state) : colours.red(state),
    amount(lagBytes, byteText),
    amount(lagMs, durationText),
    amount(unreplayedBytes, byteText),
    why,
  ]);
  const titles = ["replica", "address", "state", "lag", "age", "received", "why"];
  const advice = replicas.flatMap(({ address, next }) => (next === null ? [] : [`${address}: ${next}`]));
  return [...table(titles, rows, colours), ...(advice.length === 0 ? [] : ["", ...advice])];
}

function followerLines(primary: PrimaryView | null, { colours }: Context): string[] {
  if (primary === null || primary.followers.length === 0) return [];
  const rows = primary.followers.map(({ application, client, state, sync, lagBytes, replayLagMs }) => [
    application ?? "(no name)",
    client ?? "local",
    state ?? "hidden",
    sync ?? "hidden",
    amount(lagBytes, byteText),
    amount(replayLagMs, durationText),
  ]);
  const titles = ["follower", "from", "state", "sync", "lag", "replay"];
  return ["", "as the primary sees those who follow it:", ...table(titles, rows, colours)];
}

function slotLines(primary: PrimaryView | null, { colours }: Context): string[] {
  const unused = primary?.slots.filter(({ active }) => !active) ?? [];
  return unused.flatMap(({ slot, heldBytes }) => [
    "",
    colours.yellow(
      `nobody uses the slot ${slot}: the primary keeps ${amount(heldBytes, byteText)} of log for it`,
    ),
    `Start its replica, or drop the slot when that is gone for good: SELECT pg_drop_replication_slot('${slot}');`,
  ]);
}

function amount(value: number | null, text: (value: number) => string): string {
  if (value === null) return "unknown";
  return value === 0 ? "none" : text(value);
}
