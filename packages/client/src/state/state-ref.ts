import { z } from "zod";

const longest = 255;

/** One key of one agent. */
export interface StateRef {
  readonly agentId: string;
  /** 1 to 255 characters. */
  readonly stateKey: string;
}

const stateKey = z.string().superRefine((key, context) => {
  const fault = faultOf(key);
  if (fault === null) return;
  context.addIssue({ code: "custom", message: `state key ${shown(key)} ${fault}` });
});

/** The zod schema of {@link StateRef}. */
export const stateRef = z.strictObject({ agentId: z.guid(), stateKey });

/** `state key "plan" of agent …`, as messages name it. */
export function nameOfKey({ agentId, stateKey: key }: StateRef): string {
  return `state key ${shown(key)} of agent ${agentId}`;
}

function faultOf(key: string): string | null {
  // PostgreSQL counts characters, not units of UTF-16.
  const length = [...key].length;
  if (length < 1 || length > longest) return `has ${length} characters; 1 to ${longest} are allowed`;
  if (key.includes("\0")) return "holds the character U+0000, which PostgreSQL does not store";
  return key.isWellFormed() ? null : "holds half a surrogate pair";
}

function shown(key: string): string {
  return JSON.stringify(key.length > longest ? `${key.slice(0, 40)}…` : key);
}
