/** An event as it stands in the outbox. */
export interface OutboxEvent {
  /** Its place in the order of events. */
  readonly eventId: number;
  /** Names it for ever, over restores too. */
  readonly uuid: string;
  /** RFC 3339, in UTC. */
  readonly occurredAt: string;
  readonly kind: string;
  readonly operation: string;
  /** Events of one aggregate are published in their order. */
  readonly aggregate: string;
  /** Where it is published; null when it is only for the projections. */
  readonly subject: string | null;
  readonly origin: string;
  readonly tenant: string | null;
  /** The payload as JSON text. */
  readonly payload: string;
}
