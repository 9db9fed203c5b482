import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** How the tool reaches NATS. */
export const natsConfig = z.strictObject({
  url: z
    .url({ protocol: /^(nats|tls|wss?)$/, error: "a URL such as nats://host:4222" })
    .optional()
    .meta({ variables: ["SMITH_NATS_URL", "NATS_URL"], flag: "natsUrl", secret: true })
    .describe(
      "NATS to work against; who connects stands before the host, user:password@ or token@. Default: the embedded one when it runs.",
    ),
  connectTimeoutMs: wholeNumber(100, 600_000)
    .default(5000)
    .describe("How long a connection may take to open, in milliseconds."),
});
