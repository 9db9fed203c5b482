import type { Channel } from "./channel.ts";
import { ChannelError } from "./channel-error.ts";
import { signWebhook } from "./sign-webhook.ts";
import { webhookBody } from "./webhook-body.ts";

/** Where a webhook is, and how it is signed. */
export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** Signs each request; left out: unsigned. */
  readonly secret?: string | undefined;
  /** How long a request may take, answer and all, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether it is told of alerts also where no threshold names it. */
  readonly alerts: boolean;
}

/** So much of an answer is read, in bytes: it says why something was refused. */
const mostAnswerBytes = 300;

/**
 * Tells by POST to a URL. It has arrived when that answers with 2xx; redirects are not followed, as they could lead a secret
 * elsewhere.
 */
export function webhookChannel({ name, url, secret, timeoutMs, alerts }: WebhookOptions): Channel {
  return {
    name,
    type: "webhook",
    isAlwaysTold: false,
    isToldUnnamed: alerts,
    tell: async (notification) => {
      const body = webhookBody(notification, name);
      const timestamp = Math.floor(Date.now() / 1_000);
      const signature =
        secret === undefined ? {} : signWebhook({ id: notification.key, timestamp, body }, secret);
      const headers = {
        "content-type": "application/json",
        "user-agent": "mister-smith",
        "idempotency-key": notification.key,
        ...signature,
      };
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await sent(name, url, { method: "POST", redirect: "manual", headers, body, signal });
      const said = response.ok ? "" : await beginning(response);
      if (response.ok) return void (await response.body?.cancel().catch(() => {}));
      throw new ChannelError(name, `it answered ${response.status}${said === "" ? "" : `: ${said}`}`);
    },
  };
}

async function sent(name: string, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ChannelError(name, reasonOf(error), undefined, error);
  }
}

// The cause says which address refused; the message of fetch itself says nothing.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

async function beginning(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  let text = "";
  const decoder = new TextDecoder();
  try {
    while (text.length < mostAnswerBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, mostAnswerBytes), { stream: true });
    }
  } catch {
    // What was answered so far says enough.
  }
  await reader.cancel().catch(() => {});
  return text.slice(0, mostAnswerBytes).replaceAll(/\s+/g, " ").trim();
}
