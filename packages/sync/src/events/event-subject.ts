import type {
  HeartbeatEvent,
  LifecycleEventMessage,
  MessageEvent,
  SmithEvent,
  StateEvent,
  TaskEvent,
} from "./event.ts";
import type { PublishedKind } from "./event-data.ts";

/** The event that messages of a subject, or of a filter for subjects, carry. */
export type EventOf<Subject extends string> = Subject extends `agents.state.${string}`
  ? StateEvent
  : Subject extends `agents.lifecycle.${string}`
    ? LifecycleEventMessage
    : Subject extends `agents.heartbeat.${string}`
      ? HeartbeatEvent
      : Subject extends `tasks.${string}`
        ? TaskEvent
        : Subject extends `messages.${string}`
          ? MessageEvent
          : SmithEvent;

const kindOfPrefix: readonly (readonly [string, PublishedKind])[] = [
  ["agents.state.", "state"],
  ["agents.lifecycle.", "lifecycle"],
  ["agents.heartbeat.", "heartbeat"],
  ["tasks.", "task"],
  ["messages.", "message"],
];

/** The kind of the events of a subject; undefined when it is none of ours. */
export function kindOfSubject(subject: string): PublishedKind | undefined {
  return kindOfPrefix.find(([prefix]) => subject.startsWith(prefix))?.[1];
}
