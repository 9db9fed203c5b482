import { isDeepStrictEqual } from "node:util";
import { parseJson } from "../files/parse-json.ts";
import type { EventOf, RunEvent } from "../format/run-event.ts";
import { isJsonObject, type JsonObject, type JsonValue, jsonObject, jsonValue } from "../json-value.ts";
import { entityId, type Finding, findingsOf, submissionOf } from "./facts-of-step.ts";
import { type RecordedStep, type Recording, recordingOf } from "./steps-of.ts";
import type { HistoryMessage, TrajectoryFile } from "./trajectory.ts";

const task = "run";

/** A `.traj` recording as the events of our own format. Nothing of the recording is left out. */
export function eventsOfTrajectory(run: string, file: TrajectoryFile): readonly RunEvent[] {
  const recording = recordingOf(file);
  const agents = agentsOf(recording);
  const [lead] = agents;
  return [
    ...agents.flatMap((agent) => registered(agent, file)),
    taskStarted(lead, file, recording),
    ...recording.before.map((message) => prompt(message, lead)),
    ...recording.steps.flatMap((step, at) => stepWithFindings(step, at + 1, lead)),
    ...closing(run, lead, file, recording),
    ...agents.map(terminated),
  ];
}

function agentsOf(recording: Recording): readonly [string, ...string[]] {
  const names = [...recording.steps.map((step) => step.call), ...recording.before].map(
    (said) => said?.agent ?? "",
  );
  const [lead = "agent", ...others] = new Set(
    names.filter((name) => typeof name === "string" && name !== ""),
  );
  return [entityId(lead), ...others.map(entityId)];
}

function registered(agent: string, file: TrajectoryFile): RunEvent[] {
  const metadata = file.environment == null ? {} : { environment: file.environment };
  return [
    { type: "agent", agent, agent_type: "swe-agent", metadata },
    { type: "lifecycle", agent, event: "started", status: "active" },
  ];
}

function taskStarted(agent: string, file: TrajectoryFile, recording: Recording): RunEvent {
  const { trajectory: _steps, history: _messages, info: _info, ...payload } = file;
  const history = jsonValue.parse(recording.unmatched);
  return {
    type: "task",
    task,
    agent,
    task_type: "swe_agent_run",
    payload: jsonObject.parse(payload),
    ...(recording.unmatched.length === 0 ? {} : { metadata: { history } }),
  };
}

function prompt(message: HistoryMessage, to: string): RunEvent {
  const subject = entityId(message.message_type || message.role);
  return { type: "message", kind: "notification", to, subject, payload: jsonValue.parse(message) };
}

function stepWithFindings(step: RecordedStep, number: number, lead: string): RunEvent[] {
  const agent = step.call?.agent ? entityId(step.call.agent) : lead;
  return [
    stepEvent(step, number, agent),
    ...findingsOf(step, number).map((finding) => asFact(finding, agent)),
  ];
}

function stepEvent(step: RecordedStep, number: number, agent: string): EventOf<"step"> {
  const extra = extraOf(step);
  const tool = toolOf(step.call);
  return {
    type: "step",
    step: number,
    agent,
    task,
    action: step.action,
    ...(tool === undefined ? {} : { tool }),
    ...(step.thought === undefined ? {} : { thought: step.thought }),
    ...(step.response === undefined ? {} : { response: step.response }),
    ...(step.observation === undefined ? {} : { observation: step.observation }),
    state: step.state,
    ...(step.executionTime === undefined ? {} : { duration_ms: step.executionTime * 1000 }),
    outcome: "completed",
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function toolOf(call: HistoryMessage | undefined): EventOf<"step">["tool"] {
  const first = call?.tool_calls?.[0];
  if (first === undefined) return undefined;
  const { name, arguments: given } = first.function;
  return {
    name,
    ...(given === undefined ? {} : { arguments: argumentsOf(given) }),
    ...(first.id == null ? {} : { call_id: first.id }),
  };
}

// The model writes the arguments as JSON in a string. What does not parse stays the string that it is.
function argumentsOf(given: JsonValue): JsonValue {
  if (typeof given !== "string") return given;
  const parsed = parseJson(given);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : given;
}

// Both messages as recorded, without the texts that the step has in its own fields.
function extraOf(step: RecordedStep): JsonObject {
  const own = { content: step.response, action: step.action, thought: step.thought };
  const call = step.call === undefined ? {} : { call: without(step.call, own) };
  const reply = step.reply === undefined ? {} : { reply: without(step.reply, { content: step.observation }) };
  return { ...step.rest, ...call, ...reply };
}

function without(message: HistoryMessage, own: Readonly<Record<string, unknown>>): JsonObject {
  const kept = Object.entries(message).filter(
    ([key, value]) => !(key in own && isDeepStrictEqual(value, own[key])),
  );
  return jsonObject.parse(Object.fromEntries(kept));
}

function closing(run: string, agent: string, file: TrajectoryFile, recording: Recording): RunEvent[] {
  const info = file.info ?? {};
  const findings: Finding[] = [];
  if (typeof info["submission"] === "string") findings.push(submissionOf(run, info["submission"]));
  if (info["exit_status"] != null) {
    const value = info["exit_status"];
    findings.push({ entity_type: "run", entity_id: entityId(run), predicate: "ended_with", value });
  }
  return [
    ...findings.map((finding) => asFact(finding, agent)),
    { type: "checkpoint", agent, name: "end of run", trigger: "run_ended" },
    outcome(info, recording),
  ];
}

function outcome(info: JsonObject, recording: Recording): EventOf<"outcome"> {
  const status = info["exit_status"];
  const submitted =
    typeof status === "string"
      ? status.startsWith("submitted")
      : recording.steps.at(-1)?.action.trim() === "submit";
  if (submitted) return { type: "outcome", task, status: "completed", result: info };
  const how = status == null ? "without an exit status" : `with exit status ${JSON.stringify(status)}`;
  const error = { message: `the run ended ${how} and without a submission` };
  return { type: "outcome", task, status: "failed", result: info, error };
}

function terminated(agent: string): RunEvent {
  return { type: "lifecycle", agent, event: "ended", status: "terminated" };
}

function asFact(finding: Finding, agent: string): RunEvent {
  return { type: "fact", agent, ...finding, confidence: 1 };
}
