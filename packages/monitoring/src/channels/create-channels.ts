import { SmithError } from "@mister-smith/errors";
import type { ChannelConfig } from "../config/channel-config.ts";
import type { Notification } from "../deliver/notification.ts";
import type { Channel } from "./channel.ts";
import { emailChannel } from "./email-channel.ts";
import { type AlertPublisher, jetstreamChannel } from "./jetstream-channel.ts";
import { logChannel } from "./log-channel.ts";
import { webhookChannel } from "./webhook-channel.ts";

/** What channels tell with. */
export interface ChannelMeans {
  /** Where the secrets are that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly publisher: AlertPublisher;
  /** Writes to the log. */
  readonly log: (told: Notification) => void;
}

/**
 * The channels of a configuration, and the log also where it is none of them.
 *
 * @throws SmithError `CONFIG` where an environment variable that it names is not set, or is no URL where one is needed
 */
export function createChannels(
  channels: Readonly<Record<string, ChannelConfig>>,
  means: ChannelMeans,
): readonly Channel[] {
  const made = Object.entries(channels).map(([name, config]) => createChannel(name, config, means));
  if (made.some(({ type }) => type === "log")) return made;
  const name = Object.hasOwn(channels, "log") ? "smithd-log" : "log";
  return [logChannel(name, means.log), ...made];
}

/**
 * Looks whether all that the channels of a configuration need is there.
 *
 * @throws SmithError `CONFIG`, as {@link createChannels}
 */
export function checkChannels(
  channels: Readonly<Record<string, ChannelConfig>>,
  env: ChannelMeans["env"],
): void {
  createChannels(channels, { env, publisher: { publish: () => Promise.resolve() }, log: () => {} });
}

function createChannel(name: string, config: ChannelConfig, { env, publisher, log }: ChannelMeans): Channel {
  const from = (variable: string | undefined) =>
    variable === undefined ? undefined : valueIn(env, variable, name);
  switch (config.type) {
    case "webhook": {
      const { url, urlFrom, secret, secretFrom, timeoutMs, alerts } = config;
      const target = url ?? webUrl(String(from(urlFrom)), urlFrom, name);
      return webhookChannel({ name, url: target, secret: secret ?? from(secretFrom), timeoutMs, alerts });
    }
    case "email": {
      const { type: _, password, passwordFrom, ...rest } = config;
      return emailChannel({ name, ...rest, password: password ?? from(passwordFrom) });
    }
    case "jetstream": {
      const { subject, timeoutMs, alerts } = config;
      return jetstreamChannel({ name, subject, timeoutMs, alerts, publisher });
    }
    case "log":
      return logChannel(name, log);
  }
}

function valueIn(env: ChannelMeans["env"], variable: string, channel: string): string {
  const value = env[variable];
  if (value !== undefined && value !== "") return value;
  throw new SmithError("CONFIG", `monitoring.channels.${channel} needs ${variable}, which is not set`, {
    hint: `Set the environment variable ${variable}, or name another one.`,
    details: { channel, variable },
  });
}

function webUrl(value: string, variable: string | undefined, channel: string): string {
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new SmithError(
    "CONFIG",
    `monitoring.channels.${channel}: ${variable} holds no URL of http or https`,
    {
      hint: "Give one such as https://host/path.",
      details: { channel },
    },
  );
}
