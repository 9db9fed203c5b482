import { progressKey } from "../format/field.ts";
import type { EventOf } from "../format/run-event.ts";
import type { JsonObject } from "../json-value.ts";
import { planExchange, toolOf } from "./plan-message.ts";
import type { RunPlanner } from "./run-planner.ts";

const taskType = "agent_step";

/**
 * Lives one step: its own task below the run's task, the execution with what came of it, the command and the
 * answer, and the state that the agent has afterwards.
 */
export function planStep(
  planner: RunPlanner,
  step: EventOf<"step">,
  span: { readonly start: string; readonly end: string },
): void {
  planStepTask(planner, step, span);
  planExecution(planner, step, span);
  planExchange(planner, step, span);
  for (const [key, value] of Object.entries(step.state ?? {})) {
    planner.putState(step.agent, key, value, span.end);
  }
  const progress = { step: step.step, task: step.task, outcome: step.outcome };
  planner.putState(step.agent, progressKey, progress, span.end);
}

function planStepTask(
  planner: RunPlanner,
  step: EventOf<"step">,
  span: { readonly start: string; readonly end: string },
): void {
  const agent = planner.agent(step.agent);
  const parent = planner.task(step.task);
  planner.insert("tasks.queue", {
    task_id: planner.id("step", step.step, "task"),
    task_type: taskType,
    task_name: `step ${step.step}`,
    assigned_agent_id: agent.id,
    created_by_agent_id: agent.id,
    parent_task_id: parent.id,
    parent_task_type: parent.type,
    payload: payloadOf(step),
    metadata: step.extra === undefined ? {} : { extra: step.extra },
    status: step.outcome,
    priority: "normal",
    started_at: span.start,
    completed_at: span.end,
    created_at: span.start,
  });
}

function planExecution(
  planner: RunPlanner,
  step: EventOf<"step">,
  span: { readonly start: string; readonly end: string },
): void {
  planner.insert("tasks.executions", {
    execution_id: planner.id("step", step.step, "execution"),
    task_id: planner.id("step", step.step, "task"),
    task_type: taskType,
    agent_id: planner.agent(step.agent).id,
    started_at: span.start,
    completed_at: span.end,
    status: step.outcome,
    result: resultOf(step),
    error_message: step.error?.message,
    error_details: step.error?.details,
    cpu_time_ms: step.usage?.cpu_time_ms,
    memory_peak_mb: step.usage?.memory_peak_mb,
    io_operations: step.usage?.io_operations,
  });
}

function payloadOf(step: EventOf<"step">): JsonObject {
  return {
    step: step.step,
    action: step.action,
    ...(step.tool === undefined ? {} : { tool: toolOf(step.tool) }),
    ...(step.thought === undefined ? {} : { thought: step.thought }),
    ...(step.response === undefined ? {} : { response: step.response }),
  };
}

function resultOf(step: EventOf<"step">): JsonObject {
  return {
    ...(step.observation === undefined ? {} : { observation: step.observation }),
    ...(step.duration_ms === undefined ? {} : { duration_ms: step.duration_ms }),
  };
}
