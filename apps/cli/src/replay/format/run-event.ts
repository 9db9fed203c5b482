import { z } from "zod";
import { jsonObject, jsonValue } from "../json-value.ts";
import { count, ending, moment, name, stateKey, stateValues } from "./field.ts";

const agentName = name(200);
const taskName = name(100);
const channelName = name(80);
const failure = z.strictObject({ message: z.string().min(1), details: jsonValue.optional() });
const at = moment.optional();

const agent = z.strictObject({
  type: z.literal("agent"),
  at,
  agent: agentName,
  agent_type: name(50),
  parent: agentName.optional(),
  capabilities: jsonObject.optional(),
  configuration: jsonObject.optional(),
  metadata: jsonObject.optional(),
});

const lifecycle = z.strictObject({
  type: z.literal("lifecycle"),
  at,
  agent: agentName,
  event: name(50),
  status: z.enum(["initializing", "active", "idle", "suspended", "terminated", "error"]).optional(),
  data: jsonObject.optional(),
});

const task = z.strictObject({
  type: z.literal("task"),
  at,
  task: taskName,
  agent: agentName,
  task_type: name(100),
  name: name(255).optional(),
  created_by: agentName.optional(),
  parent: taskName.optional(),
  depends_on: z.array(taskName).optional(),
  payload: jsonValue.optional(),
  metadata: jsonObject.optional(),
  priority: z.enum(["low", "normal", "high", "urgent", "critical"]).optional(),
});

const step = z.strictObject({
  type: z.literal("step"),
  at,
  step: z.int().positive().max(2_147_483_647),
  agent: agentName,
  task: taskName,
  action: z.string(),
  tool: z
    .strictObject({
      name: z.string().min(1),
      arguments: jsonValue.optional(),
      call_id: z.string().optional(),
    })
    .optional(),
  thought: z.string().optional(),
  response: z.string().optional(),
  observation: z.string().optional(),
  state: stateValues.optional(),
  duration_ms: z.number().nonnegative().max(31_536_000_000).optional(),
  outcome: ending.default("completed"),
  error: failure.optional(),
  usage: z
    .strictObject({
      cpu_time_ms: count.optional(),
      memory_peak_mb: count.max(2_147_483_647).optional(),
      io_operations: count.optional(),
    })
    .optional(),
  extra: jsonValue.optional(),
});

const message = z.strictObject({
  type: z.literal("message"),
  at,
  message: name(200).optional(),
  kind: z.enum(["command", "query", "response", "notification", "heartbeat", "error"]),
  from: agentName.optional(),
  to: agentName.optional(),
  broadcast_to_type: name(50).optional(),
  channel: channelName.optional(),
  in_reply_to: name(200).optional(),
  subject: name(255).optional(),
  payload: jsonValue,
  headers: jsonObject.optional(),
  priority: z.int().min(0).max(10).optional(),
});

const channel = z.strictObject({
  type: z.literal("channel"),
  at,
  channel: channelName,
  channel_type: z.enum(["topic", "queue"]),
  description: z.string().optional(),
  configuration: jsonObject.optional(),
});

const subscribe = z.strictObject({
  type: z.literal("subscribe"),
  at,
  agent: agentName,
  channel: channelName,
  pattern: name(255).optional(),
  filters: jsonObject.optional(),
});

const fact = z.strictObject({
  type: z.literal("fact"),
  at,
  agent: agentName,
  entity_type: name(100),
  entity_id: name(255),
  predicate: name(255),
  value: jsonValue,
  object_type: name(50).optional(),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .refine((score) => Number(score.toFixed(2)) === score, "must not have more than two decimals")
    .optional(),
  evidence: jsonObject.optional(),
});

const state = z.strictObject({
  type: z.literal("state"),
  at,
  agent: agentName,
  key: stateKey,
  value: jsonValue,
  ttl_ms: z.int().positive().max(31_536_000_000).optional(),
});

const checkpoint = z.strictObject({
  type: z.literal("checkpoint"),
  at,
  agent: agentName,
  name: name(255).optional(),
  trigger: name(100).optional(),
});

const outcome = z.strictObject({
  type: z.literal("outcome"),
  at,
  task: taskName,
  status: ending,
  result: jsonValue.optional(),
  error: failure.optional(),
});

/** One line of a recorded run after its header, except the last. The page docs/replay-format.md explains each field. */
export const runEvent = z.discriminatedUnion("type", [
  agent,
  lifecycle,
  task,
  step,
  message,
  channel,
  subscribe,
  fact,
  state,
  checkpoint,
  outcome,
]);

/** The last line: how many events came before it, so that a file cut at the end of a line is recognised. */
export const runEnd = z.strictObject({ type: z.literal("end"), events: count });

export type RunEvent = z.output<typeof runEvent>;
/** An event of one type. */
export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;
