import type { AnyCommand } from "../command/command.ts";
import { type ExitName, exitCodes } from "../exit-codes.ts";

/** Codes that every command can end with; interruptions and faults are left to the table. */
const always: readonly ExitName[] = ["ok", "usage"];

/** The exit codes of a command, in the order of the codes, each with its meaning here. */
export function exitCodeRows(command: AnyCommand): [code: string, meaning: string][] {
  const notes = command.exitCodes;
  const names = new Set([...always, ...Object.keys(notes).filter(isExitName)]);
  return [...names]
    .sort((a, b) => exitCodes[a].code - exitCodes[b].code)
    .map((name) => [String(exitCodes[name].code), notes[name] || exitCodes[name].meaning]);
}

function isExitName(name: string): name is ExitName {
  return Object.hasOwn(exitCodes, name);
}
