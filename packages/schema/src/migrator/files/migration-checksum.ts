import { hash } from "node:crypto";

/** The text with LF line ends and without a byte-order mark: what an editor or git may change unasked. */
export function normalizeSqlText(text: string): string {
  const withoutMark = text.startsWith("\uFEFF") ? text.slice(1) : text;
  return withoutMark.includes("\r") ? withoutMark.replace(/\r\n?/g, "\n") : withoutMark;
}

/** The checksum of a migration: SHA-256 of its normalized text, as 64 lower-case hex digits. */
export function migrationChecksum(text: string): string {
  return hash("sha256", normalizeSqlText(text), "hex");
}
