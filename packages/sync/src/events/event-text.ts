import { eventSchemaVersion } from "./event.ts";
import type { OutboxEvent } from "./outbox-event.ts";

/**
 * The message of an event. The payload goes into it as the text that it is: nothing is parsed for the events that fit,
 * which are nearly all.
 */
export function eventText(event: OutboxEvent): string {
  return `${head(event)},"data":${event.payload}}`;
}

/** The longest field that a reference keeps, in characters of JSON: names and keys have 255, and six when escaped. */
const longestField = 2_048;

/** The message of an event that is too large: without its large fields, and marked as a reference. */
export function referenceText(event: OutboxEvent): string {
  const payload: unknown = JSON.parse(event.payload);
  const kept = Object.entries(payload as Record<string, unknown>).filter(
    ([, value]) => JSON.stringify(value).length <= longestField,
  );
  return `${head(event)},"reference":true,"data":${JSON.stringify(Object.fromEntries(kept))}}`;
}

function head(event: OutboxEvent): string {
  const tenant = event.tenant === null ? "null" : JSON.stringify(event.tenant);
  return (
    `{"schema":${eventSchemaVersion},"id":"${event.uuid}","occurred_at":"${event.occurredAt}",` +
    `"kind":${JSON.stringify(event.kind)},"operation":${JSON.stringify(event.operation)},` +
    `"tenant":${tenant},"origin":${JSON.stringify(event.origin)}`
  );
}
