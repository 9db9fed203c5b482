import type { RoleService } from "@mister-smith/sync";
import type { Gathered } from "./gather.ts";
import { judgePipe, type PipeFacts } from "./judge-pipe.ts";
import type { OverviewDocument } from "./overview-document.ts";
import { largestOf, sumOf } from "./values-of.ts";

type Pipe = OverviewDocument["pipes"][number];
type Role = OverviewDocument["roles"][number];

/** Who may lead, who does, and when that is stuck. */
export interface RoleFacts {
  readonly parts: readonly RoleService[];
  readonly leaders: Gathered["leaders"];
  readonly stuckAfterSeconds: number;
}

/** The pipes between the stores, with what waits in each. */
export function pipesOf(
  facts: RoleFacts,
  { shown, bucket, leaders }: Gathered,
  perSecond: { readonly flush: number | null; readonly relay: number | null },
): readonly Pipe[] {
  const relayLag = largestOf(shown, "smith_sync_relay_lag_seconds");
  const isHydrationLed = leaders?.some(({ role }) => role === "hydrate");
  return [
    pipe(facts, {
      role: "flush",
      title: "Agent state",
      things: "keys",
      from: "jetstream",
      // Its leader knows both at the same moment; the others ask the bucket.
      waiting: sumOf(shown, "smith_sync_flush_lag_keys") ?? bucket?.behind,
      lagSeconds: largestOf(shown, "smith_sync_flush_lag_seconds") ?? secondsSince(bucket?.behindSince),
      perSecond: perSecond.flush,
    }),
    pipe(facts, {
      role: "relay",
      title: "Events",
      things: "events",
      from: "postgres",
      // Where the age was told, and no kind that waits, none does.
      waiting: sumOf(shown, "smith_sync_relay_backlog_events") ?? (relayLag === undefined ? undefined : 0),
      lagSeconds: relayLag,
      perSecond: perSecond.relay,
    }),
    pipe(facts, {
      role: "hydrate",
      title: "Hydration",
      things: "open differences",
      from: "postgres",
      waiting: sumOf(shown, "smith_sync_verify_open_differences") ?? (isHydrationLed ? 0 : undefined),
      lagSeconds: undefined,
      perSecond: null,
    }),
  ];
}

/** How a role is that is no pipe. */
export function roleOf(facts: RoleFacts, role: string): Role {
  const judged = judgedOf(facts, role, { waiting: 0, lagSeconds: undefined });
  const isWell = judged.level === "ok";
  return {
    role,
    ...judged,
    word: isWell ? (judged.leadsHere ? "leads here" : "led elsewhere") : judged.word,
  };
}

type Waiting = Pick<PipeFacts, "waiting" | "lagSeconds">;

function pipe(
  facts: RoleFacts,
  own: Waiting & Pick<Pipe, "role" | "title" | "things" | "from" | "perSecond">,
): Pipe {
  const { waiting, lagSeconds, perSecond, ...named } = own;
  const judged = judgedOf(facts, own.role, { waiting, lagSeconds });
  return {
    ...named,
    ...judged,
    // Only its leader sees what comes through.
    perSecond: judged.leadsHere ? perSecond : null,
    waiting: waiting ?? null,
    lagSeconds: lagSeconds ?? null,
  };
}

function judgedOf({ parts, leaders, stuckAfterSeconds }: RoleFacts, role: string, waiting: Waiting) {
  const part = parts.find((one) => one.role === role);
  const status = part?.status();
  const found = leaders?.find((one) => one.role === role)?.holder ?? null;
  const judged = judgePipe({
    ...waiting,
    status: status?.state,
    why: status?.why,
    leader: leaders === undefined ? undefined : found,
    stuckAfterSeconds,
  });
  return { ...judged, leader: found, leadsHere: part?.leads === true };
}

function secondsSince(moment: Date | null | undefined): number | undefined {
  if (moment === undefined) return undefined;
  return moment === null ? 0 : Math.max(0, (Date.now() - moment.getTime()) / 1_000);
}
