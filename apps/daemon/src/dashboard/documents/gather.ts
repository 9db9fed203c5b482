import { listAlerts } from "@mister-smith/monitoring";
import { type BucketStatus, readBucketStatus, readPosition } from "@mister-smith/sync";
import type { Readiness } from "../../http/status-server.ts";
import type { Connections } from "../../program/connections.ts";
import type { AskDatabase } from "../ask-in-turn.ts";
import type { Exposition } from "../history/exposition.ts";
import { shared } from "../shared.ts";
import { selectLeaders } from "../sql/leases.ts";
import type { OverviewDocument } from "./overview-document.ts";
import { within } from "./within.ts";

type Pools = Awaited<ReturnType<Connections["database"]["health"]>>["pools"];

/** What an overview is made of; undefined is what is not known now. */
export interface Gathered {
  readonly readiness: Readiness;
  readonly shown: Exposition;
  readonly by: OverviewDocument["measuredBy"];
  readonly leaders: Awaited<ReturnType<typeof selectLeaders>> | undefined;
  readonly alerts: Awaited<ReturnType<typeof listAlerts>> | undefined;
  /** Null: there is no bucket. */
  readonly bucket: BucketStatus | null | undefined;
  readonly primary: Pools[number] | undefined;
  readonly nats: NatsAnswer | undefined;
}

/** How NATS answered: what it said, or why it did not. */
export type NatsAnswer =
  | { readonly tookMs: number; readonly version: string | null; readonly address: string | null }
  | { readonly why: string };

/** Where to look. */
export interface GatherSources {
  readonly readiness: () => Promise<Readiness>;
  /** Undefined until the servers were reached. */
  readonly connections: () => Connections | undefined;
  /** What `/metrics` shows now, and what the page measured where this daemon does not. */
  readonly shown: () => Promise<Pick<Gathered, "shown" | "by">>;
  readonly ask: AskDatabase;
}

/** How long both stores may take to answer, in milliseconds. */
const answerMs = 1_500;
/** How old what was asked of the bucket may be, in milliseconds: to count what waits the server makes a consumer. */
const bucketMs = 4_000;

/** Looks everywhere at once. Whatever does not answer keeps the rest from being known for its own time at most. */
export function gatherer({ readiness, connections, shown, ask }: GatherSources): () => Promise<Gathered> {
  const bucketNow = shared(bucketMs, async () => await readBucket(connections()));
  return async () => {
    const [ready, look, leaders, alerts, bucket, nats, health] = await Promise.all([
      readiness(),
      shown(),
      ask(selectLeaders).catch(unknown),
      ask(listAlerts).catch(unknown),
      within(answerMs, bucketNow()).catch(unknown),
      within(answerMs, natsAnswer(connections())).catch(whyOf),
      connections()?.database.health(),
    ]);
    const primary = health?.pools.find(({ pool }) => pool === "primary");
    return { ...look, readiness: ready, leaders, alerts, bucket, nats, primary };
  };
}

const unknown = () => undefined;

async function readBucket(connections: Connections | undefined): Promise<BucketStatus | null | undefined> {
  if (connections === undefined) return undefined;
  const { database, link } = connections;
  return (await readBucketStatus(link, await readPosition(database))) ?? null;
}

async function natsAnswer(connections: Connections | undefined): Promise<NatsAnswer | undefined> {
  if (connections === undefined) return undefined;
  const { connection } = connections.link;
  const tookMs = await connection.rtt();
  return { tookMs, version: connection.info?.version ?? null, address: connection.getServer() };
}

function whyOf(error: unknown): NatsAnswer {
  return { why: error instanceof Error ? error.message : String(error) };
}
