import type { DeadLetter, WholeDeadLetter } from "@mister-smith/sync";
import { byteText } from "../output/byte-text.ts";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { safeText, shortText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { exactUtcText, utcText } from "../output/utc-text.ts";

/** Dead letters in a table, each with its subject and its reason below. */
export function deadLetterTable(letters: readonly DeadLetter[], colours: Colours): string[] {
  const cells = letters.map((letter) => [
    String(letter.deadLetterId),
    utcText(letter.createdAt),
    shortText(letter.pipe, 40),
    letter.retriedAt === null
      ? shortText(letter.reasonCode, 30)
      : `${shortText(letter.reasonCode, 20)}, ${colours.green("retried")}`,
  ]);
  const [header = "", ...rows] = table(["id", "given up", "pipe", "reason"], cells, colours);
  const below = ({ subject, aggregate, reason }: DeadLetter) =>
    [subject ?? aggregate ?? "", reason]
      .filter((text) => text !== "")
      .map((text) => `  ${colours.dim(shortText(text, 116))}`);
  return [header, ...letters.flatMap((letter, at) => [rows[at] ?? "", ...below(letter)])];
}

/** So much of the bytes is shown. */
const shownCharacters = 2_000;

/** One dead letter with all that is stored about it. */
export function deadLetterText(letter: WholeDeadLetter, colours: Colours): string {
  const rows = [
    ["id", String(letter.deadLetterId)],
    ["pipe", safeText(letter.pipe)],
    ["reason", `${safeText(letter.reasonCode)}: ${safeText(letter.reason)}`],
    ["subject", letter.subject === null ? null : safeText(letter.subject)],
    ["key", letter.messageKey === null ? null : safeText(letter.messageKey)],
    ["aggregate", letter.aggregate === null ? null : safeText(letter.aggregate)],
    ["event", letter.eventId === null ? null : String(letter.eventId)],
    [
      "stream",
      letter.stream === null ? null : `${safeText(letter.stream)}, message ${letter.sequence ?? "?"}`,
    ],
    ["attempts", String(letter.attempts)],
    ["given up", exactUtcText(letter.createdAt)],
    ["retried", letter.retriedAt === null ? null : exactUtcText(letter.retriedAt)],
    ["size", letter.payloadBytes === null ? null : byteText(letter.payloadBytes)],
  ] as const;
  const headers = Object.entries(letter.headers).map(
    ([name, value]) => `${safeText(name)}: ${safeText(value)}`,
  );
  return [
    ...fields(rows, colours),
    ...section("Headers", headers, colours),
    ...section("Bytes", payloadLines(letter.payload), colours),
  ].join("\n");
}

function payloadLines(payload: Uint8Array | null): string[] {
  if (payload === null || payload.length === 0) return [];
  const text = payloadText(payload);
  if (text === null) return ["no UTF-8; --json has them as payloadBase64"];
  return text.length <= shownCharacters
    ? [safeText(text)]
    : [`${safeText(text.slice(0, shownCharacters))}…`, "--json has all of it"];
}

/** The bytes as text; null when they are none. */
export function payloadText(payload: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return null;
  }
}
