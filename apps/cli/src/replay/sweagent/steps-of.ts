import { type JsonObject, type JsonValue, jsonObject, jsonValue } from "../json-value.ts";
import { promptState, stepState } from "./step-state.ts";
import type { HistoryMessage, TrajectoryFile, TrajectoryStep } from "./trajectory.ts";

/** A step of either kind of recording, with the messages of the conversation that belong to it. */
export interface RecordedStep {
  readonly action: string;
  readonly observation: string | undefined;
  readonly response: string | undefined;
  readonly thought: string | undefined;
  readonly state: JsonObject;
  /** Seconds. */
  readonly executionTime: number | undefined;
  readonly call: HistoryMessage | undefined;
  readonly reply: HistoryMessage | undefined;
  /** Fields of the recorded step beside those above. */
  readonly rest: JsonObject;
}

/** What a recording holds: what was said before the first step, the steps, and what belongs to no step. */
export interface Recording {
  readonly before: readonly HistoryMessage[];
  readonly steps: readonly RecordedStep[];
  /** Messages that could not be matched with steps, as recorded. */
  readonly unmatched: readonly HistoryMessage[];
}

/** Reads the steps out of `trajectory`, or out of `history` where there is nothing else. */
export function recordingOf(file: TrajectoryFile): Recording {
  const { before, turns } = conversationOf(file.history ?? []);
  if (file.trajectory == null) {
    return { before, steps: turns.map(stepOfTurn), unmatched: [] };
  }
  const steps = file.trajectory;
  const matched = turns.length === steps.length && turns.every((turn, at) => belongs(turn, steps[at]));
  return {
    before,
    steps: steps.map((step, at) => stepOfTrajectory(step, matched ? turns[at] : undefined)),
    unmatched: matched ? [] : turns.flatMap((turn) => [turn.call, ...turn.replies]),
  };
}

interface Turn {
  readonly call: HistoryMessage;
  readonly replies: HistoryMessage[];
}

// A turn begins with what the model answered; demonstrations that were shown to it are no turns of its own.
function conversationOf(history: readonly HistoryMessage[]) {
  const before: HistoryMessage[] = [];
  const turns: Turn[] = [];
  for (const message of history) {
    const turn = turns.at(-1);
    if (message.role === "assistant" && message.is_demo !== true) turns.push({ call: message, replies: [] });
    else if (turn === undefined) before.push(message);
    else turn.replies.push(message);
  }
  return { before, turns };
}

function belongs(turn: Turn, step: TrajectoryStep | undefined): boolean {
  return step !== undefined && turn.replies.length <= 1 && (turn.call.action ?? "") === (step.action ?? "");
}

function stepOfTrajectory(step: TrajectoryStep, turn: Turn | undefined): RecordedStep {
  const { action, observation, response, thought, state, execution_time, ...rest } = step;
  return {
    action: action ?? "",
    observation: observation ?? undefined,
    response: response ?? undefined,
    thought: thought ?? undefined,
    state: stepState(state),
    executionTime: execution_time ?? undefined,
    call: turn?.call,
    reply: turn?.replies[0],
    rest: jsonObject.parse(rest),
  };
}

function stepOfTurn({ call, replies }: Turn): RecordedStep {
  const [reply, ...more] = replies;
  const observation = textOf(reply?.content);
  return {
    action: call.action ?? "",
    observation,
    response: textOf(call.content),
    thought: call.thought ?? undefined,
    state: promptState(observation ?? ""),
    executionTime: undefined,
    call,
    reply,
    rest: more.length === 0 ? {} : { replies: jsonValue.parse(more) },
  };
}

// Content is a text, or a list of parts of which the text ones count.
function textOf(content: JsonValue | undefined): string | undefined {
  if (content === undefined || content === null) return undefined;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  const texts = content.map((part: JsonValue) =>
    typeof part === "object" && part !== null && "text" in part ? String(part["text"]) : "",
  );
  return texts.join("");
}
