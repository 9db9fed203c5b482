import { instanceOf } from "@mister-smith/cli/config";
import {
  beat,
  type Channel,
  createJetStreamMonitor,
  createMonitorOn,
  deliverAlerts,
  heartbeatNotification,
  isLate,
  keepAlerts,
  prometheusText,
  tellHeartbeat,
} from "@mister-smith/monitoring";
import { type Lease, periodic, type Service } from "@mister-smith/sync";
import { planCapturing } from "../upkeep/capture-plans.ts";
import { channelsOf } from "./channels.ts";
import { failed, type PartsOptions } from "./parts-options.ts";
import { together } from "./together.ts";

/** How long the monitor may keep a connection for one question, in milliseconds. */
const monitorQuestionMs = 1_000;
/** What a slow disk can read meanwhile, in bytes. */
const monitorExactBytes = 16 * 1024 * 1024;

/**
 * Measures both stores, keeps the alerts, tells them, and captures plans: apart from each other, so that a channel that is slow keeps nobody from
 * looking.
 */
export function monitoring(_: Lease, options: PartsOptions): Service {
  const { config } = options;
  const { monitorIntervalMs, plansIntervalMs } = config.values.daemon;
  const { heartbeat, deliverIntervalMs } = config.values.monitoring;
  const channels = channelsOf(options);
  const since = new Date();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const watching = watch(options, () => {
    lookedAt = performance.now();
  });
  const telling = part(options, deliverIntervalMs, (signal) => tell(options, channels, signal));
  const planning = part(
    options,
    plansIntervalMs,
    planCapturing(options.database, options.log, monitorQuestionMs),
  );
  const sign = channels.find(({ name }) => name === heartbeat.channel);
  if (sign === undefined) return together("monitor", [watching, telling, planning]);
  const beating = part(options, heartbeat.intervalMs, async (signal) => {
    // Who hears it no more is to know that nobody looks.
    if (isLate(performance.now() - lookedAt, monitorIntervalMs)) return;
    const sent = heartbeatNotification(instanceOf(config), since, new Date());
    try {
      await tellHeartbeat(options.database.background, sign, sent, signal);
    } catch (error) {
      // A channel that is away makes no daemon unready.
      options.log.warn({ channel: sign.name, error }, "the sign of life could not be told");
    }
  });
  return together("monitor", [watching, telling, planning, beating]);
}

function watch(options: PartsOptions, onLooked: () => void): Service {
  const { database, link, config, metrics, holder } = options;
  const { monitorIntervalMs: everyMs } = config.values.daemon;
  // Where connections are few, the flusher has the same ones: it waits no longer than this for any question.
  const monitor = createMonitorOn(database, {
    collectorTimeoutMs: monitorQuestionMs,
    exactBytes: monitorExactBytes,
  });
  const jetStreamMonitor = createJetStreamMonitor(link.manager);
  return part(options, everyMs, async (signal) => {
    const [{ samples }, jetStream] = await Promise.all([monitor.look(signal), jetStreamMonitor.look(signal)]);
    // Who leads no more says nothing of what another one measures now.
    if (signal.aborted) return;
    metrics.monitored(prometheusText([...samples, ...jetStream.samples]));
    await keepAlerts(database, await monitor.check());
    await beat(database.background, { holder, everyMs });
    onLooked();
  });
}

async function tell(
  { database, config, metrics, log }: PartsOptions,
  channels: readonly Channel[],
  signal: AbortSignal,
): Promise<void> {
  await deliverAlerts(database, {
    channels,
    instance: instanceOf(config),
    giveUpAfterMs: config.values.monitoring.giveUpAfterMs,
    signal,
    onDelivered: (channel) => metrics.alertsTold.inc({ channel, outcome: "delivered" }),
    onFailed: ({ channel, changeId, attempts, againInMs, error }) => {
      metrics.alertsTold.inc({ channel, outcome: "failed" });
      log.warn(
        { channel, change: String(changeId), attempts, againInMs, error },
        "an alert could not be told; it is tried again",
      );
    },
    onGivenUp: ({ channel, changeId, attempts, lastError }) => {
      metrics.alertsTold.inc({ channel, outcome: "given up" });
      log.error(
        { channel, change: String(changeId), attempts, lastError },
        "an alert is never told: given up",
      );
    },
    onUnknown: (metric, names) =>
      log.warn({ metric, channels: names }, "the threshold names channels that there are not"),
  });
}

function part(
  options: PartsOptions,
  intervalMs: number,
  round: (signal: AbortSignal) => Promise<void>,
): Service {
  return periodic({
    name: "monitor",
    intervalMs,
    round,
    stuckAfterMs: Math.max(240_000, 3 * intervalMs),
    onError: (error) => failed(options, "monitor", error),
  });
}
