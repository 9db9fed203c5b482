import { z } from "zod";
import { channelConfig } from "./channel-config.ts";

function wholeNumber(minimum: number, maximum: number) {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return z.int(allowed).min(minimum, allowed).max(maximum, allowed);
}

const channelName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, "a name of a to z, 0 to 9, _ and -, such as pager");

/** The configuration of the package, for applications that compose their own of the packages'. */
export const monitoringConfig = z
  .strictObject({
    channels: z
      .record(channelName, channelConfig)
      .refine((channels) => Object.keys(channels).length <= 50, "50 channels at most")
      .default({})
      .describe(
        'Who is told of alerts: names with a type each, and what it needs: { "pager": { "type": "webhook", "url": "https://…", "secretFrom": "PAGER_SECRET" } }. In the environment as JSON. Default: the log alone, which is always told.',
      ),
    instance: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("What alerts call the system that they are of. Default: host and database of its URL."),
    deliverIntervalMs: wholeNumber(200, 600_000)
      .default(2_000)
      .describe("How often what is to be told of alerts is looked for, in milliseconds."),
    giveUpAfterMs: wholeNumber(3_600_000, 2_592_000_000)
      .default(259_200_000)
      .describe(
        "How long an alert is tried to be told to a channel before that is given up, in milliseconds.",
      ),
    heartbeat: z
      .strictObject({
        channel: channelName
          .optional()
          .describe(
            "The channel that is told again and again that alerts would be told: who hears it no more knows that they are not. Default: none.",
          ),
        intervalMs: wholeNumber(1_000, 86_400_000)
          .default(60_000)
          .describe("How often it is told so, in milliseconds."),
      })
      .prefault({}),
  })
  .refine(
    ({ channels, heartbeat }) =>
      heartbeat.channel === undefined || Object.hasOwn(channels, heartbeat.channel),
    {
      error: "the name of one of monitoring.channels",
      path: ["heartbeat", "channel"],
    },
  );

/** The configuration with every default filled in. */
export type MonitoringConfig = z.output<typeof monitoringConfig>;
