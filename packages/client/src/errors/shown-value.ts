const longest = 60;

// What applications keep there may be anybody's secret, and so may text under these names.
const secret =
  /^(?:payload|configuration|metadata|data|headers|value|stateValue|url|.*(?:token|password|secret|passphrase))$/i;

/**
 * A value that was refused, for a message: short, and without what may be secret. Empty for objects, which messages name
 * by their place.
 *
 * @param path where it is in what was given
 */
export function shownValue(input: unknown, path: readonly PropertyKey[]): string {
  const names = path.filter((key) => typeof key === "string");
  if (names.some((name) => secret.test(name))) return "not shown here";
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return "missing";
    value = Reflect.get(value, key);
  }
  return shown(value);
}

function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
    case "undefined":
      return "missing";
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      return shownObject(value);
    default:
      return String(value);
  }
}

function shownObject(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  return "";
}
