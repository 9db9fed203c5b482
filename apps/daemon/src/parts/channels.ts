import { type Channel, createChannels } from "@mister-smith/monitoring";
import { publishMessage } from "@mister-smith/sync";
import { logAlert } from "../upkeep/log-alert.ts";
import type { PartsOptions } from "./parts-options.ts";

/** Who is told of alerts, as the configuration says. */
export function channelsOf({
  config,
  env,
  link,
  log,
}: Pick<PartsOptions, "config" | "env" | "link" | "log">): readonly Channel[] {
  return createChannels(config.values.monitoring.channels, {
    env,
    publisher: {
      publish: (subject, bytes, messageId, timeoutMs) =>
        publishMessage(link, { subject, bytes, messageId, timeoutMs }),
    },
    log: (told) => logAlert(log, told),
  });
}
