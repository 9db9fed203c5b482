import { byteText } from "../output/byte-text.ts";
import type { Colours } from "../output/colours.ts";
import { count } from "../output/count.ts";
import { fields } from "../output/fields.ts";
import { shortText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { utcText } from "../output/utc-text.ts";
import type { StatusJudgement } from "./judge-status.ts";
import type { NatsStatus, SyncStatus } from "./read-status.ts";

/** How both stores stand to each other, for people. */
export function statusText(status: SyncStatus, judgement: StatusJudgement, colours: Colours): string {
  const { state, problems, notes } = judgement;
  const paint = { ok: colours.green, stuck: colours.red, unreachable: colours.red };
  return [
    ...fields([["state", paint[state](state)], ...positionRows(status), ...natsRows(status.nats)], colours),
    ...section("Roles", roleTable(status, colours), colours),
    ...section("Events not published", backlogTable(status, colours), colours),
    ...section("Dead letters", deadLetterTable(status, colours), colours),
    ...section("Events told", eventLines(status), colours),
    ...section("To do", [...problems.map(colours.red), ...notes.map(colours.yellow)], colours),
  ].join("\n");
}

type Row = readonly [string, string | null];

function positionRows({ positions }: SyncStatus): Row[] {
  if (positions.length === 0) return [["flushed", "nothing yet"]];
  return positions.map(({ stream, sequence, incarnation, epoch, updatedAt }) => [
    "flushed",
    `up to message ${sequence} of ${shortText(stream, 40)}, incarnation ${incarnation}, epoch ${epoch}, ${utcText(updatedAt)}`,
  ]);
}

function natsRows(nats: NatsStatus): Row[] {
  if (!nats.connected) return [["nats", "away"]];
  const { bucket } = nats;
  if ("why" in nats) return [["bucket", "unknown"]];
  if (bucket === null) return [["bucket", "not there"]];
  const since = bucket.behindSince === null ? "" : `, the oldest since ${utcText(bucket.behindSince)}`;
  return [
    ["behind", bucket.behind === 0 ? "nothing waits" : `${count(bucket.behind, "message")}${since}`],
    [
      "bucket",
      `${bucket.name}, ${count(bucket.keys, "key")} in ${count(bucket.messages, "message")}, ${byteText(bucket.bytes)}`,
    ],
    ["", bucket.isKnown ? null : "the flusher has not seen it: it begins with it anew"],
  ];
}

function roleTable({ roles }: SyncStatus, colours: Colours): string[] {
  if (roles.length === 0) return ["nobody has ever had one: smithd did not run yet"];
  const rows = roles.map(({ role, holder, epoch, expiresAt, isHeld }) => [
    shortText(role, 20),
    isHeld ? shortText(holder ?? "", 50) : colours.yellow("nobody"),
    isHeld ? `until ${utcText(expiresAt)}` : `since ${utcText(expiresAt)}`,
    String(epoch),
  ]);
  return table(["role", "leader", "", "epoch"], rows, colours);
}

function backlogTable({ backlog }: SyncStatus, colours: Colours): string[] {
  if (backlog.length === 0) return [];
  const rows = backlog.map(({ kind, pending, parked, oldest }) => [
    kind,
    String(pending),
    parked > 0 ? colours.yellow(String(parked)) : "0",
    utcText(oldest),
  ]);
  return table(["kind", "wait", "parked", "oldest"], rows, colours);
}

function deadLetterTable({ deadLetters }: SyncStatus, colours: Colours): string[] {
  if (deadLetters.length === 0) return [];
  const rows = deadLetters.map(({ pipe, open, oldest }) => [
    shortText(pipe, 50),
    colours.yellow(String(open)),
    utcText(oldest),
  ]);
  return table(["pipe", "open", "oldest"], rows, colours);
}

function eventLines({ events }: SyncStatus): string[] {
  const of = (wanted: boolean) => {
    const kinds = events.filter(({ enabled }) => enabled === wanted).map(({ kind }) => kind);
    return kinds.length === 0 ? "none" : [...new Set(kinds)].join(", ");
  };
  return [`on   ${of(true)}`, `off  ${of(false)}`];
}
