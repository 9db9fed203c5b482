import type { OutboxEvent } from "../events/outbox-event.ts";

/** The first part of an aggregate, as `task` of `task:<id>`: all events of an aggregate are of one class. */
export function classOf(aggregate: string): string {
  const end = aggregate.indexOf(":");
  return end === -1 ? aggregate : aggregate.slice(0, end);
}

/** Events that stand or fall together: they go to the same stream, or to the same projection. */
export function familyOf({ kind, subject }: OutboxEvent): string {
  if (subject === null) return kind;
  const second = subject.indexOf(".", subject.indexOf(".") + 1);
  return second === -1 ? subject : subject.slice(0, second);
}
