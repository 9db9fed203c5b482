import { createHash } from "node:crypto";
import { type Database, sql } from "@mister-smith/client";
import type { JsMsg } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { DeadMessage } from "./consume-options.ts";

/** Where a message goes that is given up. */
export interface ParkTarget {
  readonly link: NatsLink;
  readonly durable: string;
  readonly streamCreated: Date;
  readonly database: Database | undefined;
  readonly deadLetterSubject: string | undefined;
}

/** Keeps a message that is given up; once, however often. The message may be ended when that resolves. */
export async function parkMessage(target: ParkTarget, message: JsMsg, dead: DeadMessage): Promise<void> {
  if (target.database !== undefined) await toTable(target, target.database, message, dead);
  else if (target.deadLetterSubject !== undefined)
    await toSubject(target, target.deadLetterSubject, message, dead);
  else throw nowhere(target, dead);
}

function nowhere({ durable }: ParkTarget, { subject, sequence, reason }: DeadMessage): SyncError {
  return new SyncError(
    "INVALID_INPUT",
    `${durable} cannot give up message ${sequence} of ${subject}, as there is nowhere to keep it: ${reason}`,
    {
      hint: "Give the consumer the option database, or deadLetterSubject; until then the message comes again.",
    },
  );
}

/** The longest name of a pipe. */
const longestPipe = 50;

/** A longer name keeps its beginning, and gets a part that no other name has. */
function pipeOf(durable: string): string {
  const pipe = `consume:${durable}`;
  if (pipe.length <= longestPipe) return pipe;
  const digest = createHash("sha256").update(durable).digest("hex").slice(0, 12);
  return `${pipe.slice(0, longestPipe - digest.length - 1)}~${digest}`;
}

async function toTable(
  target: ParkTarget,
  database: Database,
  message: JsMsg,
  dead: DeadMessage,
): Promise<void> {
  const { streamCreated, durable } = target;
  const eventId = message.headers?.get("Smith-Event-Id") ?? "";
  await database.background.query(
    sql.type(z.object({}))`
      INSERT INTO sync.dead_letters (
        pipe, reason_code, reason, subject, message_key, payload, headers, stream, incarnation, sequence, event_id, attempts
      )
      VALUES (
        ${pipeOf(durable)}, ${dead.code}, ${withoutNul(dead.reason)}, ${dead.subject},
        ${message.headers?.get("Nats-Msg-Id") || null}, ${sql.binary(Buffer.from(dead.data))},
        ${sql.jsonb(headersOf(message))}, ${dead.stream}, ${streamCreated.getTime()}, ${dead.sequence},
        ${/^\d{1,18}$/.test(eventId) ? eventId : null}, ${dead.attempts}
      )
      ON CONFLICT (pipe, stream, incarnation, sequence) DO NOTHING
    `,
    { idempotent: true, timeoutMs: 10_000 },
  );
}

async function toSubject(
  target: ParkTarget,
  subject: string,
  message: JsMsg,
  dead: DeadMessage,
): Promise<void> {
  const made = headers();
  for (const [name, value] of Object.entries(headersOf(message))) made.set(name, value);
  made.set("Nats-Msg-Id", `${target.durable}:${target.streamCreated.getTime()}:${dead.sequence}`);
  made.set("Smith-Dead-Code", dead.code);
  made.set("Smith-Dead-Reason", dead.reason.replace(/[\r\n]+/g, " ").slice(0, 500));
  made.set("Smith-Dead-Subject", dead.subject);
  made.set("Smith-Dead-Attempts", String(dead.attempts));
  await target.link.js.publish(subject, dead.data, { headers: made });
}

function headersOf(message: JsMsg): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of message.headers?.keys() ?? []) all[name] = withoutNul(message.headers?.get(name) ?? "");
  return all;
}

function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "\uFFFD");
}
