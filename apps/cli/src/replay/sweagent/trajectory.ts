import { z } from "zod";
import { jsonObject, jsonValue } from "../json-value.ts";

const text = z.string().nullish();

/** One step of a `.traj` file. Fields that are not named here are kept. */
export const trajectoryStep = z.looseObject({
  action: text,
  observation: text,
  response: text,
  thought: text,
  /** Older recordings hold the state as JSON in a string, newer ones as an object. */
  state: z.union([z.string(), jsonObject]).nullish(),
  /** Seconds. Older recordings do not have it. */
  execution_time: z.number().nonnegative().nullish(),
});

/** A tool call as the model gave it; `arguments` is JSON in a string, as the model wrote it. */
const toolCall = z.looseObject({
  id: text,
  function: z.looseObject({ name: z.string().min(1), arguments: jsonValue.optional() }),
});

/** One message of the conversation with the model. */
export const historyMessage = z.looseObject({
  role: z.string().min(1),
  content: jsonValue.optional(),
  agent: text,
  message_type: text,
  action: text,
  thought: text,
  tool_calls: z.array(toolCall).nullish(),
  is_demo: z.boolean().nullish(),
});

/** A `.traj` file of SWE-agent: the steps, or only the conversation they can be read from. */
export const trajectoryFile = z
  .looseObject({
    environment: text,
    trajectory: z.array(trajectoryStep).nullish(),
    history: z.array(historyMessage).nullish(),
    info: jsonObject.nullish(),
  })
  .refine((file) => file.trajectory != null || file.history != null, "has neither trajectory nor history");

export type TrajectoryFile = z.output<typeof trajectoryFile>;
export type TrajectoryStep = z.output<typeof trajectoryStep>;
export type HistoryMessage = z.output<typeof historyMessage>;
