import { fingerprint } from "../deliver/fingerprint.ts";
import type { Notification } from "../deliver/notification.ts";
import { notificationText } from "../deliver/notification-text.ts";
import type { Channel } from "./channel.ts";
import { ChannelError } from "./channel-error.ts";

/** Whose server sends the e-mails, and to whom. */
export interface EmailOptions {
  readonly name: string;
  /** `smtp://user@host:587`, or `smtps://` for TLS from the first byte. */
  readonly server: string;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it is told only over TLS. Default: where there is a password. */
  readonly requireTls?: boolean | undefined;
  /** How long each step of the conversation may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether it is told of alerts also where no threshold names it. */
  readonly alerts: boolean;
}

/**
 * Tells by e-mail. It has arrived when the server has taken it for everybody; it has the same Message-ID each time it is
 * told.
 */
export function emailChannel(options: EmailOptions): Channel {
  const { name, server, password, from, to, timeoutMs, alerts } = options;
  const { hostname, port, protocol, username, password: own } = new URL(server);
  const isSecure = protocol === "smtps:";
  const pass = password ?? decodeURIComponent(own);
  const settings = {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    requireTLS: !isSecure && (options.requireTls ?? pass !== ""),
    ...(username === "" ? {} : { auth: { user: decodeURIComponent(username), pass } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    name,
    type: "email",
    isAlwaysTold: false,
    isToldUnnamed: alerts,
    tell: async (told) => {
      try {
        // Loaded when it is needed: whoever only measures does not pay for it.
        const { createTransport } = await import("nodemailer");
        const { rejected } = await createTransport(settings).sendMail({
          from,
          to: [...to],
          subject: `[${told.instance}] ${notificationText(told)}`,
          text: emailText(told),
          messageId: `<${told.key}@${from.split("@").at(-1)}>`,
          headers: { "Auto-Submitted": "auto-generated", "X-Smith-Fingerprint": fingerprint(told) },
        });
        if (rejected.length > 0) throw new Error(`the server does not take ${rejected.join(", ")}`);
      } catch (error) {
        throw new ChannelError(
          name,
          error instanceof Error ? error.message : String(error),
          undefined,
          error,
        );
      }
    },
  };
}

function emailText(told: Notification): string {
  const { name, state, severity, scope, scopeName, value, reason, beganAt, changedAt, instance } = told;
  const lines = [
    ["system", instance],
    ["alert", name],
    ...(scope === "" ? [] : [[scope, scopeName]]),
    ["state", state === "ok" ? "over" : state],
    ...(severity === null ? [] : [["severity", severity]]),
    ...(value === null ? [] : [["value", String(value)]]),
    ...(reason === null ? [] : [["reason", reason]]),
    ["began", beganAt.toISOString()],
    ["changed", changedAt.toISOString()],
  ];
  return `${notificationText(told)}\n\n${lines.map(([title = "", text = ""]) => `${title}: ${text}`).join("\n")}\n`;
}
