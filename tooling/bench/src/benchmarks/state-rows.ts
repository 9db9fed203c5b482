import { createHash } from "node:crypto";

/** One value of an agent's state, as the fast store hands it over. */
export interface StateRow {
  readonly agentId: string;
  readonly key: string;
  /** JSON text. */
  readonly value: string;
}

const keysAnAgent = 20;
const words =
  "agent reads writes file line error test function module returns value expected found import class method argument trace default field schema open edit search result passed failed warning context window token plan step retry branch commit".split(
    " ",
  );

/**
 * Values of the shape and size that a software-engineering agent keeps: where it stands, what it did last with the
 * output of a command, and figures derived from both. Sizes follow recorded runs: most of 1 to 3 kB, some of 6.
 * The same rows at every call.
 */
export function agentStates(count: number): StateRow[] {
  const random = sequence(7);
  return Array.from({ length: count }, (_, index) => ({
    agentId: uuid(`agent ${Math.floor(index / keysAnAgent)}`),
    key: `step/${index % keysAnAgent}`,
    value: JSON.stringify(agentState(index, random)),
  }));
}

function agentState(index: number, random: () => number) {
  return {
    step: index % keysAnAgent,
    working_dir: `/repo/${pick(random)}`,
    open_file: `/repo/src/${pick(random)}/${pick(random)}_${index}.py`,
    last_action: {
      tool: pick(random),
      arguments: { path: `src/${pick(random)}.py`, line: Math.floor(random() * 900) },
    },
    last_observation: text(random, random() < 0.1 ? 800 : 80 + Math.floor(random() * 280)),
    history: Array.from({ length: 6 }, () => ({
      tool: pick(random),
      ok: random() > 0.2,
      ms: Math.floor(random() * 5e3),
    })),
    computed_fields: {
      tokens: Math.floor(random() * 1e5),
      cost: random(),
      files: [pick(random), pick(random)],
    },
  };
}

/** Payloads of tasks, of about half a kilobyte. The same at every call. */
export function taskPayloads(count: number): string[] {
  const random = sequence(11);
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      goal: text(random, 40),
      parameters: { repository: `org/${pick(random)}`, commit: uuid(`commit ${index}`), attempts: index % 4 },
      inputs: Array.from({ length: 3 }, () => ({ kind: pick(random), path: `src/${pick(random)}.py` })),
    }),
  );
}

const text = (random: () => number, length: number) => Array.from({ length }, () => pick(random)).join(" ");
const pick = (random: () => number) => words[Math.floor(random() * words.length)] ?? "";

function uuid(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A small multiplicative generator: numbers in [0, 1) that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
