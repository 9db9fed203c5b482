import type { EventOf } from "../format/run-event.ts";
import type { RunPlanner } from "./run-planner.ts";

/** Starts a task: its row, what it depends on, and its execution. */
export function planTask(planner: RunPlanner, event: EventOf<"task">, at: string): void {
  const id = planner.id("task", event.task);
  const agent = planner.agent(event.agent);
  const parent = event.parent === undefined ? undefined : planner.task(event.parent);
  const executionId = planner.id("execution", event.task);
  planner.insert("tasks.queue", {
    task_id: id,
    task_type: event.task_type,
    task_name: event.name,
    assigned_agent_id: agent.id,
    created_by_agent_id: event.created_by === undefined ? undefined : planner.agent(event.created_by).id,
    parent_task_id: parent?.id,
    parent_task_type: parent?.type,
    payload: event.payload ?? {},
    metadata: event.metadata ?? {},
    status: "running",
    priority: event.priority ?? "normal",
    started_at: at,
    created_at: at,
  });
  for (const needed of event.depends_on ?? []) planDependency(planner, event, needed, at);
  planner.insert("tasks.executions", {
    execution_id: executionId,
    task_id: id,
    task_type: event.task_type,
    agent_id: agent.id,
    started_at: at,
    status: "running",
  });
  planner.addTask(event.task, { id, type: event.task_type, executionId, startedAt: at });
}

/** Ends a task and its execution. */
export function planOutcome(planner: RunPlanner, event: EventOf<"outcome">, at: string): void {
  const task = planner.task(event.task);
  planner.update(
    "tasks.queue",
    { task_id: task.id, task_type: task.type },
    { status: event.status, completed_at: at },
  );
  planner.update(
    "tasks.executions",
    { execution_id: task.executionId, started_at: task.startedAt },
    {
      status: event.status,
      completed_at: at,
      result: event.result ?? (event.status === "completed" ? {} : undefined),
      error_message: event.error?.message,
      error_details: event.error?.details,
    },
  );
}

function planDependency(planner: RunPlanner, event: EventOf<"task">, needed: string, at: string): void {
  const dependsOn = planner.task(needed);
  planner.insert("tasks.dependencies", {
    dependency_id: planner.id("dependency", event.task, needed),
    task_id: planner.id("task", event.task),
    task_type: event.task_type,
    depends_on_task_id: dependsOn.id,
    depends_on_task_type: dependsOn.type,
    created_at: at,
  });
}
