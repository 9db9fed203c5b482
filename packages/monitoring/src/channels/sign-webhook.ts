import { createHmac } from "node:crypto";

/** What is signed. */
export interface SignedParts {
  readonly id: string;
  /** When it is sent, in seconds since 1970: whoever receives it refuses what is old. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of a signed webhook, as Standard Webhooks has them: HMAC-SHA256 of id, time and body.
 *
 * See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @param secret as it stands, or `whsec_` and the base64 of its bytes
 */
export function signWebhook({ id, timestamp, body }: SignedParts, secret: string): Record<string, string> {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}
