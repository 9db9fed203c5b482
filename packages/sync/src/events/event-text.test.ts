import { describe, expect, it } from "vitest";
import { eventText, referenceText } from "./event-text.ts";
import type { OutboxEvent } from "./outbox-event.ts";

const event: OutboxEvent = {
  eventId: 7,
  uuid: "3b0c0f5e-1f7b-4b5e-9c55-0d6a3a0f6e03",
  occurredAt: "2026-11-26T18:44:52.123456Z",
  kind: "lifecycle",
  operation: 'said "hi"\n',
  aggregate: "agent:1",
  subject: "agents.lifecycle.1.x",
  origin: "sql",
  tenant: 'a"b',
  payload: '{"id": 1, "large": ["é", 12345678901234567890.5]}',
};

describe("the message of an event", () => {
  it("is JSON whatever its fields hold, with the payload as the database has it", () => {
    const text = eventText(event);
    expect(JSON.parse(text)).toMatchObject({
      schema: 1,
      id: event.uuid,
      operation: event.operation,
      tenant: 'a"b',
    });
    expect(text).toContain("12345678901234567890.5");
  });

  it("as a reference keeps what is small, and says what it is", () => {
    const large = { ...event, payload: JSON.stringify({ id: 1, value: "x".repeat(3_000), note: "short" }) };
    expect(JSON.parse(referenceText(large))).toMatchObject({
      reference: true,
      data: { id: 1, note: "short" },
    });
    expect(referenceText(large)).not.toContain("value");
  });
});
