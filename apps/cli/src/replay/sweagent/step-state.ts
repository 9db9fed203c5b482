import { parseJson } from "../files/parse-json.ts";
import { stateValues } from "../format/field.ts";
import { isJsonObject, type JsonObject } from "../json-value.ts";

/**
 * The state of a step as an object, whichever way the recording holds it: an object, or JSON in a string. What is
 * neither, or has keys that are no keys of a state, is kept whole under `state_as_recorded`.
 */
export function stepState(recorded: string | JsonObject | null | undefined): JsonObject {
  if (recorded === null || recorded === undefined) return {};
  if (typeof recorded !== "string") return valuesOf(recorded) ?? { state_as_recorded: recorded };
  if (recorded.trim() === "") return {};
  const parsed = parseJson(recorded);
  const values = parsed.ok && isJsonObject(parsed.value) ? valuesOf(parsed.value) : undefined;
  return values ?? { state_as_recorded: recorded };
}

function valuesOf(state: JsonObject): JsonObject | undefined {
  return stateValues.safeParse(state).data;
}

/**
 * The state that the prompt at the end of an observation shows. Recordings without steps have no other trace of it.
 */
export function promptState(observation: string): JsonObject {
  const found = /\(Open file: ([^\n]*)\)\r?\n\(Current directory: ([^\n]*)\)/.exec(observation);
  if (found?.[1] === undefined || found[2] === undefined) return {};
  return { open_file: found[1], working_dir: found[2] };
}
