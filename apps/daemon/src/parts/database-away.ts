import { randomUUID } from "node:crypto";
import type { Channel, Notification } from "@mister-smith/monitoring";
import { periodic, type Service } from "@mister-smith/sync";
import { within } from "../dashboard/documents/within.ts";
import type { Log } from "../log.ts";

/** How it is told that PostgreSQL is away. */
export interface DatabaseAwayOptions {
  readonly channels: readonly Channel[];
  /** What the system is called. */
  readonly instance: string;
  /** Why PostgreSQL does not answer; undefined while it does. */
  readonly probe: () => Promise<string | undefined>;
  /** For how long it must be away, in milliseconds: a restart is not told. */
  readonly afterMs: number;
  readonly everyMs: number;
  readonly log: Log;
}

/** How long telling a channel may take, in milliseconds. */
const mostMs = 10_000;

/**
 * Tells the channels that PostgreSQL is away, and that it is back: its alerts are in it, so nobody else can. It is known to this
 * process alone, which tells each channel again and again until that has arrived; when the process ends, it is forgotten. Each daemon tells it.
 */
export function databaseAway({
  channels,
  instance,
  probe,
  afterMs,
  everyMs,
  log,
}: DatabaseAwayOptions): Service {
  const told = new Set<Channel>();
  const listening = channels.filter(({ isAlwaysTold, isToldUnnamed }) => isAlwaysTold || isToldUnnamed);
  let since: { readonly date: Date; readonly ms: number; readonly key: string } | undefined;
  let back: Date | undefined;
  return periodic({
    name: "database-away",
    intervalMs: everyMs,
    stuckAfterMs: Number.POSITIVE_INFINITY,
    round,
  });

  async function round(signal: AbortSignal): Promise<void> {
    const why = await probe();
    if (why !== undefined) {
      back = undefined;
      since ??= { date: new Date(), ms: performance.now(), key: randomUUID() };
      if (performance.now() - since.ms < afterMs) return;
      await tell(
        listening.filter((channel) => !told.has(channel)),
        why,
        signal,
      );
      return;
    }
    if (since === undefined) return;
    back ??= new Date();
    await tell([...told], null, signal);
    if (told.size === 0) since = undefined;
  }

  /** @param why null: it is back */
  async function tell(those: readonly Channel[], why: string | null, signal: AbortSignal): Promise<void> {
    await Promise.all(
      those.map(async (channel) => {
        if (signal.aborted) return;
        try {
          await within(mostMs, channel.tell(notification(why)));
          if (why === null) told.delete(channel);
          else told.add(channel);
        } catch (error) {
          log.warn(
            { channel: channel.name, error },
            "that PostgreSQL is away could not be told; it is tried again",
          );
        }
      }),
    );
  }

  function notification(why: string | null): Notification {
    const began = since?.date ?? new Date();
    return {
      key: `smith-away-${since?.key}-${why === null ? "back" : "away"}`,
      kind: "alert",
      name: "database_away",
      scope: "",
      scopeName: "",
      state: why === null ? "ok" : "firing",
      severity: why === null ? null : "critical",
      value: null,
      reason: why,
      beganAt: began,
      changedAt: why === null ? (back ?? began) : began,
      instance,
    };
  }
}
