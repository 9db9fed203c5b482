import type { Notification } from "./notification.ts";

/** One line that says what became of what: for subjects of e-mails and summaries. */
export function notificationText(told: Notification): string {
  const { kind, name, state, severity, scope, scopeName, value } = told;
  if (kind === "heartbeat") return "alerts are watched and would be told";
  if (kind === "test") return "a test: this channel is told of alerts";
  const what = scope === "" ? name : `${name} of ${scope} ${scopeName}`;
  const at = value === null ? "" : ` at ${Number(value.toPrecision(4))}`;
  if (state === "ok") return `over: ${what}${at}`;
  if (state === "firing") return `${severity}: ${what}${at}`;
  return `${state === "error" ? "failed to be measured" : "cannot be measured"}: ${what}`;
}
