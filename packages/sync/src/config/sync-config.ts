import { z } from "zod";
import { bucketsConfig } from "./bucket-config.ts";
import { consumersConfig } from "./consumer-config.ts";
import { evictConfig } from "./evict-config.ts";
import { flushConfig } from "./flush-config.ts";
import { relayConfig } from "./relay-config.ts";
import { streamsConfig } from "./stream-config.ts";

/** The configuration of the package, for applications that compose their own of the packages'. One schema a part. */
export const syncConfig = z.strictObject({
  streams: streamsConfig.prefault({}),
  buckets: bucketsConfig.prefault({}),
  consumers: consumersConfig.prefault({}),
  flush: flushConfig.prefault({}),
  relay: relayConfig.prefault({}),
  evict: evictConfig.prefault({}),
  monitoringUrls: z
    .array(z.url({ protocol: /^https?$/, error: "a URL such as http://host:8222" }))
    .default([])
    .describe(
      "The monitoring pages of the nats-servers, which say whether each writes to disk before it acknowledges. Default: none; smith asks that of the embedded one.",
    ),
});

/** The configuration with every default filled in. */
export type SyncConfig = z.output<typeof syncConfig>;

/** The configuration as it is given: everything is optional. */
export type SyncConfigInput = z.input<typeof syncConfig>;
