import { classifyJetStreamError } from "@mister-smith/errors";
import { headers } from "@nats-io/transport-node";
import { SyncError } from "../errors/sync-error.ts";
import { eventText, referenceText } from "../events/event-text.ts";
import type { OutboxEvent } from "../events/outbox-event.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { Projection } from "../project/projection.ts";
import type { PublishPipeline, Stored } from "./publish-pipeline.ts";

/** What it takes to deliver an event. */
export interface DeliveryPorts {
  readonly link: NatsLink;
  readonly pipeline: PublishPipeline;
  readonly projections: readonly Projection[];
  /** Hears of each message that was stored. */
  readonly published?: ((stored: Stored) => void) | undefined;
  /** Made a part of the message's id, so that the server does not take it for a repetition. */
  readonly idSuffix?: string | undefined;
}

/** Publishes an event and has the projections follow it. */
export async function deliverEvent(ports: DeliveryPorts, event: OutboxEvent): Promise<void> {
  const steps: Promise<unknown>[] = [];
  for (const projection of ports.projections) {
    if (projection.concerns(event)) steps.push(projection.apply(event));
  }
  if (event.subject !== null) steps.push(publishEvent(ports, event, event.subject));
  if (steps.length === 1) return void (await steps[0]);
  // All of them, before it is said which failed: nothing of this event may still be under way at its next attempt.
  const ended = await Promise.allSettled(steps);
  for (const step of ended) if (step.status === "rejected") throw step.reason;
}

/** The server takes subjects of this kind only; a wildcard or a space would be taken for something else. */
const literalSubject = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

async function publishEvent(ports: DeliveryPorts, event: OutboxEvent, subject: string): Promise<void> {
  if (!literalSubject.test(subject)) {
    throw new SyncError(
      "INVALID_INPUT",
      `nothing can be published to the subject ${JSON.stringify(subject)}`,
    );
  }
  const text = eventText(event);
  if (isTooLarge(text, ports.link)) return publishReference(ports, event, subject);
  try {
    ports.published?.(await ports.pipeline.publish(subject, text, headersOf(event, ports.idSuffix)));
  } catch (error) {
    if (classifyJetStreamError(error) !== "too-large") throw error;
    await publishReference(ports, event, subject);
  }
}

async function publishReference(ports: DeliveryPorts, event: OutboxEvent, subject: string): Promise<void> {
  const text = referenceText(event);
  ports.published?.(await ports.pipeline.publish(subject, text, headersOf(event, ports.idSuffix)));
}

/** Room for the headers within what the server takes. */
const headersBytes = 512;

function isTooLarge(text: string, link: NatsLink): boolean {
  const most = (link.connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - headersBytes;
  // A character is one to three bytes: only near the limit do they have to be counted.
  return text.length > most || (text.length * 3 > most && Buffer.byteLength(text) > most);
}

function headersOf(event: OutboxEvent, idSuffix: string | undefined) {
  const made = headers();
  made.set("Nats-Msg-Id", idSuffix === undefined ? event.uuid : `${event.uuid}:${idSuffix}`);
  made.set("Smith-Event-Id", String(event.eventId));
  return made;
}
