import { decodeStateKey, encodeStateKey } from "./state-key.ts";

/** The bucket of agent state. */
export const stateBucket = "AGENT_STATE";
/** The stream that it is. */
export const stateStream = `KV_${stateBucket}`;
/** What its subjects begin with. */
export const statePrefix = `$KV.${stateBucket}.`;
/** The longest state key, in characters, as the database takes it. */
export const longestStateKey = 255;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whose key it is, and which. */
export interface StateKey {
  readonly agentId: string;
  readonly stateKey: string;
}

/** The subject of a key in the bucket. The agent's id is taken in lower case. */
export function stateSubject({ agentId, stateKey }: StateKey): string {
  return `${statePrefix}${agentId.toLowerCase()}.${encodeStateKey(stateKey)}`;
}

/** The subjects of all keys of an agent. */
export function stateSubjectsOf(agentId: string): string {
  return `${statePrefix}${agentId.toLowerCase()}.>`;
}

/** The key of a subject of the bucket; a sentence that says what is wrong with one that has none. */
export function readStateSubject(subject: string): StateKey | string {
  const rest = subject.slice(statePrefix.length);
  const dot = rest.indexOf(".");
  const agentId = dot === -1 ? rest : rest.slice(0, dot);
  if (!uuid.test(agentId)) return `${JSON.stringify(agentId)} is no agent's id: a UUID in lower case`;
  if (dot === -1) return "there is no key behind the agent's id";
  const spelling = rest.slice(dot + 1);
  const stateKey = decodeStateKey(spelling);
  if (stateKey === undefined) return `${JSON.stringify(spelling)} is not how a key is spelt`;
  if (stateKey.includes("\0")) return "the key has a NUL character, which PostgreSQL cannot hold";
  if (stateKey.length > longestStateKey && [...stateKey].length > longestStateKey)
    return `the key has more than ${longestStateKey} characters`;
  return { agentId, stateKey };
}
