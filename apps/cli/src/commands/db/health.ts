import type { DatabaseHealth, PoolHealth } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { byteText } from "../../output/byte-text.ts";
import { durationText } from "../../output/duration-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Asks every configured server, as an application's client does, and shows each pool: its server, whether
that takes calls now, how fast it answers, its connections, its circuit breaker, and how far it is behind the primary.
For whatever is not healthy it says why and what to do next.

Connections and breaker are those of this command itself; those of the applications are shown by
\`smith db pools\`. It never takes longer than a few times database.connectTimeoutMs, also when a server swallows
what it is sent. Nothing is changed.`,
  examples: [
    { run: "smith db health", does: "see which server does not answer, and why" },
    {
      run: "smith db health --json | jq '.pools[] | select(.healthy | not) | {name, address, why, next}'",
      does: "list what is not healthy",
    },
  ],
  exitCodes: {
    ok: "every pool is healthy",
    failed: "writes have a server, but another pool is not healthy",
    unreachable: "no server takes writes",
  },
  related: ["db lag", "db pools", "doctor", "status"],
  input: z.strictObject({}),
  async run(context) {
    const [{ withAllPools }, { settledHealth }, { healthAdvice }] = await Promise.all([
      import("../../db/with-all-pools.ts"),
      import("../../db/settled-health.ts"),
      import("../../db/health-advice.ts"),
    ]);
    using _progress = context.progress("asking every server");
    const health = await withAllPools(context, "look at the pools", ({ database }) =>
      settledHealth(database, context.signal),
    );
    const pools = health.pools.map((pool) => ({ ...pool, next: healthAdvice(pool) ?? null }));
    return {
      data: { healthy: health.healthy, pools },
      text: asText(pools, context),
      exit: exitOf(health),
    };
  },
});

function exitOf({ healthy, pools }: DatabaseHealth) {
  if (healthy) return "ok";
  return pools.some(({ pool, healthy: takesWrites }) => pool === "primary" && takesWrites)
    ? "failed"
    : "unreachable";
}

type ShownPool = PoolHealth & { readonly next: string | null };

function asText(pools: readonly ShownPool[], { colours }: Context): string {
  const titles = ["pool", "address", "role", "health", "latency", "active", "idle", "waiting", "max"];
  const rows = pools.map((pool) => [
    pool.name,
    pool.address,
    pool.role ?? "?",
    pool.healthy ? colours.green("healthy") : colours.red("unhealthy"),
    pool.latencyMs === null ? "-" : durationText(pool.latencyMs),
    String(pool.active),
    String(pool.idle),
    String(pool.waiting),
    String(pool.max),
    pool.breaker,
    lagText(pool),
    pool.why,
  ]);
  const advice = [...new Set(pools.flatMap(adviceText))];
  return [
    ...table([...titles, "breaker", "lag", "why"], rows, colours),
    ...(advice.length === 0 ? [] : ["", ...advice]),
  ].join("\n");
}

function lagText({ role, lagMs, lagBytes }: PoolHealth): string {
  if (role !== "replica") return "-";
  if (lagMs === null || lagBytes === null) return "unknown";
  return lagBytes === 0 ? "none" : `${durationText(lagMs)}, ${byteText(lagBytes)}`;
}

function adviceText({ address, next }: ShownPool): string[] {
  return next === null ? [] : [`${address}: ${next}`];
}
