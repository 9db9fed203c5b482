import type { Database, Queryable } from "@mister-smith/client";
import type { Channel } from "../channels/channel.ts";
import { backoffMs } from "./backoff.ts";
import {
  type ClaimedDelivery,
  claimDelivery,
  claimMs,
  type GivenUpDelivery,
  giveUpOld,
  noteDelivered,
  noteFailed,
} from "./deliveries.ts";
import type { Notification } from "./notification.ts";
import { routeChanges } from "./route-changes.ts";
import { within } from "./within.ts";

/** How alerts are told. */
export interface DeliverOptions {
  readonly channels: readonly Channel[];
  /** What the system is called. */
  readonly instance: string;
  /** How long a delivery is tried before it is given up, in milliseconds. */
  readonly giveUpAfterMs: number;
  readonly signal: AbortSignal;
  /** Hears of what has arrived. */
  readonly onDelivered?: ((channel: string, changeId: bigint) => void) | undefined;
  /** Hears of each try that failed; it is tried again. */
  readonly onFailed?: ((failure: FailedDelivery) => void) | undefined;
  /** Hears of what is never told. */
  readonly onGivenUp?: ((delivery: GivenUpDelivery) => void) | undefined;
  /** Hears of thresholds that name channels that there are not. */
  readonly onUnknown?: ((metric: string, channels: readonly string[]) => void) | undefined;
}

/** A try that failed. */
export interface FailedDelivery {
  readonly channel: string;
  readonly changeId: bigint;
  readonly attempts: number;
  readonly againInMs: number;
  readonly error: unknown;
}

/** So much is told to a channel in one round. */
const mostAtOnce = 100;

/**
 * Tells each channel what it is to be told and is due, at least once; resolves when nothing more can be told now. Each channel goes by
 * itself: where one fails, it is tried again later, twice as long each time and five minutes at most, while the others are told. Of
 * one alert it keeps the order. Two who do this at once tell each thing once, but for what one was about to note when he died.
 *
 * @throws ClientError or DatabaseError when the database fails; what was told and not noted is told again
 */
export async function deliverAlerts(
  database: Pick<Database, "transaction" | "background">,
  options: DeliverOptions,
): Promise<void> {
  const { channels, giveUpAfterMs, onGivenUp, onUnknown } = options;
  const names = channels.map(({ name }) => name);
  for (const { metric, unknown } of await routeChanges(database, channels))
    if (unknown.length > 0) onUnknown?.(metric, unknown);
  for (const delivery of await giveUpOld(database.background, names, giveUpAfterMs)) onGivenUp?.(delivery);
  const outcomes = await Promise.allSettled(
    channels.map((channel) => tellChannel(database.background, channel, options)),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function tellChannel(on: Queryable, channel: Channel, options: DeliverOptions): Promise<void> {
  for (let told = 0; told < mostAtOnce && !options.signal.aborted; told += 1) {
    const delivery = await claimDelivery(on, channel.name);
    if (delivery === null || !(await tellOne(on, channel, delivery, options))) return;
  }
}

/** Tells one thing; whether it arrived. */
async function tellOne(
  on: Queryable,
  channel: Channel,
  delivery: ClaimedDelivery,
  { instance, signal, onDelivered, onFailed }: DeliverOptions,
): Promise<boolean> {
  const { change_id: changeId, attempts } = delivery;
  try {
    await within(channel.tell(notificationOf(delivery, instance)), claimMs * 0.8, signal);
  } catch (error) {
    const againInMs = backoffMs(attempts);
    const why = error instanceof Error ? error.message : String(error);
    await noteFailed(on, { changeId, channel: channel.name, why, againInMs });
    onFailed?.({ channel: channel.name, changeId, attempts, againInMs, error });
    return false;
  }
  await noteDelivered(on, changeId, channel.name);
  onDelivered?.(channel.name, changeId);
  return true;
}

function notificationOf(change: ClaimedDelivery, instance: string): Notification {
  const { change_id: id, changed_at: changedAt, began_at: beganAt } = change;
  return {
    // Of a database that was restored, a later change may have the number of an earlier one.
    key: `smith-alert-${id}-${changedAt.getTime()}`,
    kind: "alert",
    name: change.metric_name,
    scope: change.scope,
    scopeName: change.scope_name,
    state: change.state,
    severity: change.severity,
    value: change.value,
    reason: change.reason,
    beganAt: beganAt ?? changedAt,
    changedAt,
    instance,
  };
}
