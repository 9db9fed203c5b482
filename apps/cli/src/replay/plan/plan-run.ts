import type { RunEvent } from "../format/run-event.ts";
import type { Run } from "../run.ts";
import type { Plan, StatesWay } from "./plan.ts";
import { planAgent, planLifecycle, planProgress, type ReplayNote } from "./plan-agent.ts";
import { planChannel, planSubscription } from "./plan-channel.ts";
import { planCheckpoint, planFact } from "./plan-knowledge.ts";
import { planMessage } from "./plan-message.ts";
import { planStep } from "./plan-step.ts";
import { planOutcome, planTask } from "./plan-task.ts";
import { RunPlanner } from "./run-planner.ts";
import { type Span, timelineOf } from "./timeline.ts";

/** Which life of a run is planned. */
export interface Life {
  /** Which copy of the run, from 1. */
  readonly copy: number;
  /** Tells apart replays of the same run into one database; may be empty. */
  readonly label: string;
  /** When the run's first event is placed. */
  readonly startsAt: Date;
  /** Which way the agents' state goes. Default: `sql`. */
  readonly states?: StatesWay | undefined;
}

/** The key of a life: the same for the same run, copy and label, in every process. */
export function planKey(run: Pick<Run, "id">, { copy, label }: Pick<Life, "copy" | "label">): string {
  return `${label === "" ? "" : `${label}/`}${run.id}#${copy}`;
}

/** How long a run takes as it was recorded, in milliseconds. */
export function durationOf(run: Run): number {
  return timelineOf(run).reduce((latest, { end }) => Math.max(latest, end), 0) + 1;
}

/** Settles everything that living a run will write, ids and times included. Touches no database. */
export function planRun(run: Run, life: Life): Plan {
  const planner = new RunPlanner(planKey(run, life), life.startsAt.getTime());
  const note: ReplayNote = {
    run: run.id,
    copy: life.copy,
    label: life.label,
    digest: run.digest,
    starts_at: life.startsAt.toISOString(),
    ...(life.states === "jetstream" ? { states: life.states } : {}),
    ...(run.title === undefined ? {} : { title: run.title }),
    ...(Object.keys(run.source).length === 0 ? {} : { source: run.source }),
  };
  const spans = timelineOf(run);
  for (const [position, event] of run.events.entries()) {
    planEvent(planner, event, spans[position] ?? { start: 0, end: 0 }, position, note);
    planner.endEvent(event.type === "step" ? event.step : undefined);
  }
  const end = planner.time(durationOf(run));
  if (life.states === "jetstream") {
    planProgress(planner, note, end, "committed");
    planner.endEvent();
  }
  planProgress(planner, note, end, "complete");
  planner.endEvent();
  return {
    run: run.id,
    copy: life.copy,
    file: run.file,
    digest: run.digest,
    key: planner.key,
    startsAt: life.startsAt,
    owners: planner.owners,
    states: life.states ?? "sql",
    beats: planner.beats,
  };
}

function planEvent(
  planner: RunPlanner,
  event: RunEvent,
  span: Span,
  position: number,
  note: ReplayNote,
): void {
  const at = planner.time(span.start);
  switch (event.type) {
    case "agent":
      planAgent(planner, event, at, note);
      break;
    case "lifecycle":
      planLifecycle(planner, event, at, position);
      break;
    case "task":
      planTask(planner, event, at);
      break;
    case "step":
      planStep(planner, event, { start: at, end: planner.time(span.end) });
      break;
    case "message":
      planMessage(planner, event, at, position);
      break;
    case "channel":
      planChannel(planner, event, at);
      break;
    case "subscribe":
      planSubscription(planner, event, at, position);
      break;
    case "fact":
      planFact(planner, event, at, position);
      break;
    case "state":
      planState(planner, event, span.start);
      break;
    case "checkpoint":
      planCheckpoint(planner, event, at, position);
      break;
    case "outcome":
      planOutcome(planner, event, at);
      break;
  }
}

function planState(planner: RunPlanner, event: Extract<RunEvent, { type: "state" }>, start: number): void {
  const expiresAt = event.ttl_ms === undefined ? undefined : planner.time(start + event.ttl_ms);
  planner.putState(event.agent, event.key, event.value, planner.time(start), expiresAt);
}
