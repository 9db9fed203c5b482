import type { Scoped } from "./scope.ts";

/** A value of a metric that belongs to one role in one database. */
export interface PartValue {
  readonly database: string;
  readonly role: string;
  readonly value: number;
}

/** The values that belong to a database or role. */
export function partsOf(values: readonly PartValue[], { scope, scopeName }: Scoped): readonly PartValue[] {
  return values.filter((value) => scope !== "" && value[scope] === scopeName);
}

/** The values that belong to none of them: whoever has thresholds of his own is not held against those of all. */
export function restOf(values: readonly PartValue[], scopes: readonly Scoped[]): readonly PartValue[] {
  return values.filter(
    (value) => !scopes.some(({ scope, scopeName }) => scope !== "" && value[scope] === scopeName),
  );
}
