import { z } from "zod";
import { column } from "./column.ts";

/** The identifier of an agent. */
export const agentIdType = z.guid();
/** The identifier of an agent. */
export type AgentIdType = z.output<typeof agentIdType>;

/** The identifier of a task. */
export const taskIdType = z.guid();
/** The identifier of a task. */
export type TaskIdType = z.output<typeof taskIdType>;

/** The identifier of a message. */
export const messageIdType = z.guid();
/** The identifier of a message. */
export type MessageIdType = z.output<typeof messageIdType>;

/** Every domain of the database by its qualified name, with the type it stands on and what parses it. */
export const domainSchemas = {
  "public.agent_id_type": { baseType: "uuid", value: agentIdType },
  "public.task_id_type": { baseType: "uuid", value: taskIdType },
  "public.message_id_type": { baseType: "uuid", value: messageIdType },
} as const;

export const agentId = column(agentIdType, "public.agent_id_type");
export const taskId = column(taskIdType, "public.task_id_type");
export const messageId = column(messageIdType, "public.message_id_type");
