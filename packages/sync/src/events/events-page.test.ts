import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { eventSchemas } from "./event.ts";
import { eventData, type PublishedKind } from "./event-data.ts";
import { kindOfSubject } from "./event-subject.ts";
import { parseEvent } from "./parse-event.ts";

const page = new URL("../../../../docs/reference/events.md", import.meta.url);
const agent = "0f0e5f0e-6c1c-4c40-9d3a-3a9c2f7c1a01";
const other = "7c9d1b7a-52a4-4e0f-8a35-0c5f9b1b7d02";

interface Chapter {
  readonly title: string;
  readonly subjects: readonly string[];
  readonly stream: string;
  readonly operations: string;
  readonly text: string;
  readonly subject: string;
  readonly operation: string;
  readonly data: object;
}

const chapters: Readonly<Record<PublishedKind, Chapter>> = {
  state: {
    title: "State of agents",
    subjects: ["agents.state.<agent_id>.<state_key>"],
    stream: "AGENT_STATE",
    operations: "`put`, `delete`",
    text: "A key was written or deleted. The key is spelt as in the bucket `AGENT_STATE`. A value whose text is longer than 64 KiB is not in the event, but its size is, as `value_bytes`: read it from `agents.state`. `origin` is `flush` when the value came from the bucket.",
    subject: `agents.state.${agent}.plan.step-1`,
    operation: "put",
    data: {
      agent_id: agent,
      state_key: "plan.step-1",
      operation: "put",
      version: 3,
      checksum: "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
      expires_at: null,
      value: { done: false },
    },
  },
  lifecycle: {
    title: "Life of agents",
    subjects: ["agents.lifecycle.<agent_id>.<event_type>"],
    stream: "AGENT_STATE",
    operations: "the `event_type`",
    text: "A row was added to `agents.lifecycle_events`.",
    subject: `agents.lifecycle.${agent}.activated`,
    operation: "activated",
    data: {
      event_id: other,
      agent_id: agent,
      event_type: "activated",
      previous_status: "idle",
      new_status: "active",
      triggered_by: null,
      created_at: "2026-11-26T18:44:52.123456+00:00",
      event_data: {},
    },
  },
  heartbeat: {
    title: "Heartbeats",
    subjects: ["agents.heartbeat.<agent_id>"],
    stream: "AGENT_STATE",
    operations: "`heartbeat`",
    text: "`last_heartbeat` of an agent has changed.",
    subject: `agents.heartbeat.${agent}`,
    operation: "heartbeat",
    data: { agent_id: agent, status: "active", last_heartbeat: "2026-11-26T18:44:52.123456+00:00" },
  },
  task: {
    title: "Tasks",
    subjects: ["tasks.<created|started|completed|failed|cancelled>.<task_type>.<task_id>"],
    stream: "TASK_EXECUTION",
    operations: "`created`, `started`, `completed`, `failed`, `cancelled`",
    text: "A task was created, was started, or has ended. What it is to do, and what came of it, stand in the queue.",
    subject: `tasks.created.report.${other}`,
    operation: "created",
    data: {
      task_id: other,
      task_type: "report",
      task_name: null,
      status: "pending",
      priority: "normal",
      assigned_agent_id: null,
      created_by_agent_id: agent,
      parent_task_id: null,
      retry_count: 0,
      scheduled_at: null,
      started_at: null,
      completed_at: null,
      expires_at: null,
    },
  },
  message: {
    title: "Messages",
    subjects: [
      "messages.direct.<to_agent_id>",
      "messages.broadcast.<agent type, or all>",
      "messages.notification.<channel_id, or from_agent_id, or system>",
    ],
    stream: "AGENT_MESSAGES",
    operations: "`sent`",
    text: "A message was sent. Payload and headers whose text is longer than 64 KiB are not in the event, but their sizes are, as `payload_bytes` and `headers_bytes`: read them from `messages.log`.",
    subject: `messages.direct.${agent}`,
    operation: "sent",
    data: {
      message_id: other,
      message_type: "command",
      channel_id: null,
      channel_type: null,
      from_agent_id: null,
      to_agent_id: agent,
      broadcast_to_type: null,
      subject: "build",
      correlation_id: null,
      reply_to: null,
      sent_at: "2026-11-26T18:44:52.123456+00:00",
      expires_at: null,
      priority: 5,
      payload: { target: "docs" },
      headers: {},
    },
  },
};

const kinds = Object.keys(eventSchemas) as PublishedKind[];

function exampleOf(kind: PublishedKind) {
  const { operation, data } = chapters[kind];
  const id = "3b0c0f5e-1f7b-4b5e-9c55-0d6a3a0f6e03";
  const occurredAt = "2026-11-26T18:44:52.123456Z";
  return { schema: 1, id, occurred_at: occurredAt, kind, operation, tenant: null, origin: "sql", data };
}

interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly FieldSchema[];
  readonly description?: string;
}

function typeOf(field: FieldSchema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(" or ");
  if (field.format === "uuid") return "UUID";
  if (field.format === "date-time") return "time, RFC 3339";
  if (field.anyOf?.length === 2 && field.anyOf[1]?.type === "null") {
    return `${typeOf(field.anyOf[0] ?? {})} or null`;
  }
  const { type } = field;
  if (type === undefined) return "any JSON";
  return typeof type === "string" ? type : type.join(" or ");
}

function fieldsOf(schema: z.ZodType, but?: string): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties)
    .filter(([name]) => name !== but)
    .map(([name, field]) => {
      const always = required.includes(name) ? "always" : "may be missing";
      return `| \`${name}\` | ${typeOf(field as FieldSchema)} | ${always} |`;
    });
}

const tableHead = ["| field | type | |", "|---|---|---|"];

function pageText(): string {
  const lines = [
    "# Events",
    "",
    "<!-- Generated by packages/sync/src/events/events-page.test.ts from the schemas: SMITH_UPDATE_DOCS=1 writes it. -->",
    "",
    "What happens in the database is written to `sync.outbox` in the transaction that does it, and published to",
    "JetStream by the relay: at least once, and those of one row in their order. `smithd` switches all kinds on at its start",
    "(`daemon.events`); `smith sync events`, or `SELECT sync.enable_events('task')`, does it for some. A kind that is off is not",
    "told, and not told later. What the relay cannot publish becomes a dead letter of the pipe `relay`: later events of its row",
    "wait until that is retried or dropped.",
    "",
    "`consume(link, { subject, … })` deals with all of a subject: what its handler fails on comes again, what it gives up is kept",
    "as a dead letter of the pipe `consume:<durable>`. `parseEvent(subject, bytes)` reads and checks one message.",
    "",
    "In subjects `<task_type>` and `<event_type>` are one token: letters, digits, `_`, `-` and `/` as they are, every other",
    "byte of the UTF-8 text as `=XX`.",
    "",
    "## Headers",
    "",
    "| header | |",
    "|---|---|",
    "| `Nats-Msg-Id` | the event's `id`, by which a stream knows a repetition within its duplicate window; `<id>:…` when it is published anew on demand (`relayRange` with `newIds`) |",
    "| `Smith-Event-Id` | the number of the event in `sync.outbox`; grows in the order of the events of a row |",
    "",
    "## Envelope",
    "",
    "Every message is one JSON object. Readers ignore fields that they do not know; another `schema` is another format, which",
    "`parseEvent` refuses.",
    "",
    ...tableHead,
    ...fieldsOf(eventSchemas.heartbeat, "data").map((line) =>
      line.replace('`"heartbeat"`', "the kind, below"),
    ),
    "| `data` | object | always |",
    "",
    "`id` is the same however often the event is published. `occurred_at` is when the transaction began that did it: the order of",
    "events is that of `Smith-Event-Id`. `origin` is the setting `sync.origin` of that transaction: `flush` where a value of the",
    "bucket was brought to PostgreSQL, else `sql`. `tenant` is its setting `app.current_tenant_id`. A UUID may be of any version.",
    "A number that JavaScript cannot hold, as `1e400`, makes an event unreadable there.",
    "",
    "`reference` is there, and true, when the event was too large for its stream or server: `data` then lacks its large",
    "fields, whatever the tables below say. They stand in the row that the event is about.",
  ];
  for (const kind of kinds) {
    const { title, subjects, stream, operations, text, subject } = chapters[kind];
    lines.push("", `## ${title}`, "", text, "");
    lines.push(
      `Kind \`${kind}\`; stream \`${stream}\`; operation ${operations}.`,
      "",
      "```",
      ...subjects,
      "```",
      "",
    );
    lines.push(...tableHead, ...fieldsOf(eventData[kind]), "", `On \`${subject}\`:`, "");
    lines.push("```json", JSON.stringify(exampleOf(kind), null, 2), "```");
  }
  return `${lines.join("\n")}\n`;
}

it("the page of events is what the schemas say; SMITH_UPDATE_DOCS=1 writes it", () => {
  if (process.env["SMITH_UPDATE_DOCS"] === "1") writeFileSync(page, pageText());
  expect(readFileSync(page, "utf8")).toBe(pageText());
});

it.each(kinds)("the page's example of kind %s is such an event, on a subject of that kind", (kind) => {
  const { subject, data } = chapters[kind];
  expect(kindOfSubject(subject)).toBe(kind);
  const bytes = new TextEncoder().encode(JSON.stringify(exampleOf(kind)));
  expect(parseEvent(subject, bytes)).toEqual(exampleOf(kind));
  expect(Object.keys(data).every((name) => name in eventData[kind].shape)).toBe(true);
});

it.each([
  ["another subject", "orders.created", "{}"],
  ["no JSON", `agents.heartbeat.${agent}`, "{"],
  ["no UTF-8", `agents.heartbeat.${agent}`, Uint8Array.of(0xff)],
  ["another version", `agents.heartbeat.${agent}`, JSON.stringify({ ...exampleOf("heartbeat"), schema: 2 })],
  ["another kind", `agents.state.${agent}.k`, JSON.stringify(exampleOf("heartbeat"))],
])("a message of %s is refused", (_what, subject, body) => {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  expect(() => parseEvent(subject, bytes)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
});
