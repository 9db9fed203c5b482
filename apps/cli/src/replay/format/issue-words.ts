import type { z } from "zod";

/** What zod refused first, in one line: where, what is wrong, and what is allowed when the type of a line is unknown. */
export function issueWords(error: z.ZodError): { readonly path: PropertyKey[]; readonly reason: string } {
  const [issue] = error.issues;
  if (issue === undefined) return { path: [], reason: "not valid" };
  const keys =
    issue.code === "unrecognized_keys" ? `unknown field ${issue.keys.map(quoted).join(", ")}` : undefined;
  return { path: [...issue.path], reason: keys ?? lowered(issue.message) };
}

/** A path as people write it: `trajectory[3].state`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

function quoted(key: string): string {
  return JSON.stringify(key);
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
