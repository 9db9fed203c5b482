import type { Gathered } from "./gather.ts";
import type { Level } from "./judge-pipe.ts";
import type { OverviewDocument } from "./overview-document.ts";
import { largestOf, sumOf } from "./values-of.ts";

/** How PostgreSQL is. */
export function postgresOf(
  { shown, primary }: Gathered,
  transactionsPerSecond: number | null,
): OverviewDocument["postgres"] {
  const startedAt = largestOf(shown, "smith_pg_start_time_seconds");
  return {
    name: "PostgreSQL",
    ...state(primary?.healthy),
    why: primary === undefined || primary.healthy ? null : primary.why,
    answersInMs: primary?.latencyMs ?? null,
    version: shown.get("smith_pg_info")?.samples[0]?.labels["version"] ?? null,
    address: primary?.address ?? null,
    startedAt: startedAt === undefined ? null : new Date(startedAt * 1_000).toISOString(),
    databaseBytes: largestOf(shown, "smith_pg_database_bytes") ?? null,
    connections: sumOf(shown, "smith_pg_connections") ?? null,
    connectionLimit: largestOf(shown, "smith_pg_connections_available") ?? null,
    transactionsPerSecond,
  };
}

/** How JetStream is. */
export function jetstreamOf({ nats, bucket }: Gathered): OverviewDocument["jetstream"] {
  const answer = nats !== undefined && "tookMs" in nats ? nats : undefined;
  return {
    name: "JetStream",
    ...state(nats === undefined ? undefined : answer !== undefined),
    why: nats !== undefined && "why" in nats ? nats.why : null,
    answersInMs: answer?.tookMs ?? null,
    version: answer?.version ?? null,
    address: answer?.address ?? null,
    keys: bucket?.keys ?? null,
    messages: bucket?.messages ?? null,
    bytes: bucket?.bytes ?? null,
    hasBucket: bucket === undefined ? null : bucket !== null,
  };
}

function state(isUp: boolean | undefined): { readonly level: Level; readonly word: string } {
  if (isUp === undefined) return { level: "unknown", word: "not reached yet" };
  return isUp ? { level: "ok", word: "answers" } : { level: "critical", word: "away" };
}
