import { z } from "zod";

const id = z.guid();
const time = z.string().min(1);
const maybe = <Field extends z.ZodType>(field: Field) => field.nullish();

/**
 * What events of each kind carry in `data`. Fields may be added in the same version: readers ignore those that they do
 * not know. In an event that is a reference, the fields that made it too large are missing.
 */
export const eventData = {
  /** A key of an agent's state was written or deleted. A value above 64 KiB is not there, but its size is. */
  state: z.looseObject({
    agent_id: id,
    state_key: z.string().min(1),
    operation: z.enum(["put", "delete"]),
    version: z.int(),
    checksum: maybe(z.string()),
    expires_at: maybe(time),
    value: z.json().optional(),
    value_bytes: z.int().optional(),
  }),
  /** Something happened to an agent. */
  lifecycle: z.looseObject({
    event_id: id,
    agent_id: id,
    event_type: z.string().min(1),
    previous_status: maybe(z.string()),
    new_status: maybe(z.string()),
    triggered_by: maybe(id),
    created_at: time,
    event_data: z.json().optional(),
    event_data_bytes: z.int().optional(),
  }),
  /** An agent was heard of. */
  heartbeat: z.looseObject({ agent_id: id, status: z.string(), last_heartbeat: maybe(time) }),
  /** A task was created, was started, or has ended. What it is to do stands in the queue. */
  task: z.looseObject({
    task_id: id,
    task_type: z.string().min(1),
    task_name: maybe(z.string()),
    status: z.string(),
    priority: z.string(),
    assigned_agent_id: maybe(id),
    created_by_agent_id: maybe(id),
    parent_task_id: maybe(id),
    retry_count: z.int(),
    scheduled_at: maybe(time),
    started_at: maybe(time),
    completed_at: maybe(time),
    expires_at: maybe(time),
  }),
  /** A message was sent. Payload and headers above 64 KiB are not there, but their sizes are. */
  message: z.looseObject({
    message_id: id,
    message_type: z.string(),
    channel_id: maybe(id),
    channel_type: maybe(z.string()),
    from_agent_id: maybe(id),
    to_agent_id: maybe(id),
    broadcast_to_type: maybe(z.string()),
    subject: maybe(z.string()),
    correlation_id: maybe(id),
    reply_to: maybe(z.string()),
    sent_at: time,
    expires_at: maybe(time),
    priority: z.int(),
    payload: z.json().optional(),
    payload_bytes: z.int().optional(),
    headers: z.json().optional(),
    headers_bytes: z.int().optional(),
  }),
  /** A session began, was used, changed or ended. Not published: the bucket `SESSION_DATA` follows it. */
  session: z.looseObject({ session_id: id, agent_id: maybe(id), expires_at: maybe(time) }),
  /** The set-up of an agent has changed. Not published: the bucket `AGENT_CONFIG` follows it. */
  config: z.looseObject({
    agent_id: id,
    agent_type: maybe(z.string()),
    agent_name: maybe(z.string()),
  }),
} as const;

/** The kinds of events. */
export type EventKind = keyof typeof eventData;

/** The kinds of events that are published to JetStream. */
export type PublishedKind = Exclude<EventKind, "session" | "config">;
