import { shownValue } from "../errors/shown-value.ts";

/** Why something cannot stand between `${` and `}` of a template. */
export interface ValueFault {
  /** Which value of the template, from 1. */
  readonly place: number;
  readonly message: string;
  readonly hint: string;
}

/** Says what is wrong with a value of a template, as far as its kind tells; undefined when it may stand there. */
export function valueFault(value: unknown, index: number): ValueFault | undefined {
  const place = index + 1;
  const fault = (what: string, hint: string) => ({ place, message: `value ${place} is ${what}`, hint });
  if (value instanceof Date)
    return fault(
      `the Date ${shownValue(value, [])}`,
      "Give a time as sql.timestamp(time), or its toISOString().",
    );
  if (Array.isArray(value))
    return fault(
      shownValue(value, []),
      'Give a list as one parameter with sql.array(values, "text"), or as parts of the statement with sql.list.',
    );
  switch (typeof value) {
    case "undefined":
      return fault("undefined", "Give null for NULL, or leave that part out with an empty sql.fragment.");
    case "function":
    case "symbol":
      return fault(`a ${typeof value}`, "Give text, a number, a boolean, a bigint, null, or what sql makes.");
    case "object":
      return isValue(value)
        ? undefined
        : fault(
            "an object",
            "Give JSON as sql.json(value) or sql.jsonb(value), and bytes as sql.binary(bytes).",
          );
    default:
      return undefined;
  }
}

// What sql makes has a type, which is a symbol.
function isValue(value: object | null): boolean {
  return value === null || typeof Reflect.get(value, "type") === "symbol";
}
