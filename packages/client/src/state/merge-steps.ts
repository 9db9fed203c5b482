import type { JsonInput } from "../json/json-input.ts";

type JsonObject = { readonly [key: string]: JsonInput };

/** What a merge patch does to one object in the value. */
export interface MergeStep {
  /** Where the object is; what is there and is no object becomes an empty one. */
  readonly path: readonly string[];
  /** Members that get a value. */
  readonly sets: JsonObject;
  /** Members that go. */
  readonly removes: readonly string[];
}

/** A merge patch (RFC 7396) as steps, outer objects before inner ones; null for one that replaces the whole value. */
export function mergeSteps(patch: JsonInput): readonly MergeStep[] | null {
  return isObject(patch) ? stepsAt([], patch) : null;
}

function stepsAt(path: readonly string[], patch: JsonObject): readonly MergeStep[] {
  const members = Object.entries(patch);
  const step = {
    path,
    sets: Object.fromEntries(members.filter(([, value]) => value !== null && !isObject(value))),
    removes: members.filter(([, value]) => value === null).map(([key]) => key),
  };
  return [
    step,
    ...members.flatMap(([key, value]) => (isObject(value) ? stepsAt([...path, key], value) : [])),
  ];
}

function isObject(value: JsonInput): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
