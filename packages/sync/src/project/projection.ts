import type { OutboxEvent } from "../events/outbox-event.ts";

/** Keeps something in the fast store in step with events. Safe again with the same event. */
export interface Projection {
  readonly name: string;
  /** Whether an event concerns it. */
  concerns(event: OutboxEvent): boolean;
  /** Resolves when what it keeps is in step with the event, or with what came after it. */
  apply(event: OutboxEvent): Promise<void>;
}
