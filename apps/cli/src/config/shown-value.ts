import { hideSecrets } from "../output/hide-secrets.ts";
import type { Setting } from "./settings.ts";

const secretKeys: ReadonlySet<string> = new Set(["password", "key", "passphrase", "secret", "token"]);

/** A value as it may be shown: passwords, keys and tokens hidden, in URLs as well; undefined when there is none. */
export function shownValue({ secret, keys }: Pick<Setting, "secret" | "keys">, value: unknown): unknown {
  if (value === undefined) return undefined;
  const key = keys.at(-1) ?? "";
  // What stands below a name that somebody chose.
  if (keys.length > 2 && secretKeys.has(key)) return "***";
  // Of a URL the rest may be seen; of any other secret nothing.
  if (secret && (secretKeys.has(key) || typeof value !== "string")) return "***";
  return withoutSecrets(value);
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return hideSecrets(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, secretKeys.has(key) ? "***" : withoutSecrets(one)]),
  );
}
