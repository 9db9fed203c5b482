import { type Agents, agentsOf } from "../agents/agents.ts";
import { type Checkpoints, checkpointsOf } from "../checkpoints/checkpoints.ts";
import type { Executor } from "../executor/executor.ts";
import { type Knowledge, knowledgeOf } from "../knowledge/knowledge.ts";
import { type Messages, messagesOf } from "../messages/messages.ts";
import { type Sessions, sessionsOf } from "../sessions/sessions.ts";
import { type State, stateOf } from "../state/state.ts";
import { type Tasks, tasksOf } from "../tasks/tasks.ts";

/** The typed questions, schema by schema. */
export interface Repositories {
  readonly agents: Agents;
  readonly state: State;
  readonly checkpoints: Checkpoints;
  readonly messages: Messages;
  readonly sessions: Sessions;
  readonly knowledge: Knowledge;
  readonly tasks: Tasks;
}

/** Binds all questions to a database or a transaction. */
export function repositoriesOf(on: Executor): Repositories {
  return {
    agents: agentsOf(on),
    state: stateOf(on),
    checkpoints: checkpointsOf(on),
    messages: messagesOf(on),
    sessions: sessionsOf(on),
    knowledge: knowledgeOf(on),
    tasks: tasksOf(on),
  };
}
