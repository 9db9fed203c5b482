import type { NextMsgRequest, StoredMsg } from "@nats-io/jetstream";
import { valueRoom } from "../store/value-room.ts";
import type { NatsLink } from "./nats-link.ts";

/** Which message is looked for: the first of these subjects, which may have wildcards, from a number on. */
export interface FirstMessageOptions {
  readonly stream: string;
  readonly subject: string;
  readonly from: number;
}

/**
 * That message; undefined when there is none.
 *
 * @throws what the client library throws
 */
export async function firstMessage(
  link: NatsLink,
  { stream, subject, from }: FirstMessageOptions,
): Promise<StoredMsg | undefined> {
  // The server has that since 2.9, the type of the client has not.
  const query: { readonly seq: number } & NextMsgRequest = { seq: from, next_by_subj: subject };
  const found = (await link.manager.streams.getMessage(stream, query)) ?? undefined;
  valueRoom(link).weigh(found?.data.length ?? 0);
  return found;
}
