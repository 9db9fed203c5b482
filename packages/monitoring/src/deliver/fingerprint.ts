import { createHash } from "node:crypto";
import type { Notification } from "./notification.ts";

/** What an alert is, whatever its value and however bad: 16 hexadecimal digits. */
export function fingerprint({
  instance,
  name,
  scope,
  scopeName,
}: Pick<Notification, "instance" | "name" | "scope" | "scopeName">): string {
  const identity = JSON.stringify([instance, name, scope, scopeName]);
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}
