import { tasksExecutionsRow, tasksQueueRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

/** `tasks.queue` as the client's users see it; JSON is not looked through again. */
export const queue = entity(
  tasksQueueRow.extend({ payload: storedJson, configuration: storedJson, metadata: storedJson }),
);
/** A task. `maxExecutionTime` is in milliseconds. */
export type Task = z.output<typeof queue.row>;

/** `tasks.executions` as the client's users see it. */
export const executions = entity(
  tasksExecutionsRow.extend({ result: storedJson.nullable(), error_details: storedJson.nullable() }),
);
/** An attempt to execute a task. */
export type TaskExecution = z.output<typeof executions.row>;
