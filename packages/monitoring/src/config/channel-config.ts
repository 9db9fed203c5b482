import { z } from "zod";

/** The name of an environment variable. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "the name of an environment variable, such as PAGER_SECRET");
const timeoutMs = z
  .int("a whole number of milliseconds")
  .min(100, "100 milliseconds at least")
  .max(60_000, "60,000 milliseconds at most")
  .default(10_000);
/** Whether it is told of alerts also where no threshold names it: not, where it is for signs of life alone. */
const alerts = z.boolean("true or false").default(true);
const address = z
  .string()
  .regex(/^[^\s<>@]+@[^\s<>@]+$/, "an address such as ops@example.com")
  .max(254);
const webUrl = z.url({ protocol: /^https?$/, error: "a URL such as https://host/path" });

const webhook = z
  .strictObject({
    type: z.literal("webhook"),
    url: webUrl.optional(),
    urlFrom: variable.optional(),
    secret: z.string().min(1).max(1_000).optional(),
    secretFrom: variable.optional(),
    timeoutMs,
    alerts,
  })
  .refine(({ url, urlFrom }) => (url === undefined) !== (urlFrom === undefined), {
    error: "a webhook with either url or urlFrom",
  })
  .refine(({ secret, secretFrom }) => secret === undefined || secretFrom === undefined, {
    error: "a webhook with secret or secretFrom, not both",
  });

const email = z
  .strictObject({
    type: z.literal("email"),
    server: z.url({ protocol: /^smtps?$/, error: "a URL such as smtp://user@host:587 or smtps://host" }),
    password: z.string().min(1).max(1_000).optional(),
    passwordFrom: variable.optional(),
    from: address,
    to: z.array(address).min(1, "one address at least").max(50, "50 addresses at most"),
    requireTls: z.boolean("true or false").optional(),
    timeoutMs,
    alerts,
  })
  .refine(({ password, passwordFrom }) => password === undefined || passwordFrom === undefined, {
    error: "an e-mail with password or passwordFrom, not both",
  });

const jetstream = z.strictObject({
  type: z.literal("jetstream"),
  subject: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, "the beginning of a subject, such as monitoring.alerts")
    .max(200)
    .default("monitoring.alerts"),
  timeoutMs,
  alerts,
});

const log = z.strictObject({ type: z.literal("log") });

/** A channel as it is configured. What ends in `From` is the name of an environment variable that holds the value. */
export const channelConfig = z.discriminatedUnion("type", [webhook, email, jetstream, log], {
  error: "a channel whose type is webhook, email, jetstream or log",
});

/** A channel with every default filled in. */
export type ChannelConfig = z.output<typeof channelConfig>;
