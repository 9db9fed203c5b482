import type { AnyCommand } from "../command/command.ts";
import { type ExitName, exitCodes } from "../exit-codes.ts";

/** Codes that every command can end with; interruptions and faults are left to the table. */
const always = ["ok", "usage"] as const satisfies readonly ExitName[];

/** The exit codes of a command, in the order of the codes, each with its meaning here. */
export function exitCodeRows(command: AnyCommand): [code: string, meaning: string][] {
  const notes = command.exitCodes;
  const names = new Set<ExitName>([
    ...(command.failsAs === undefined ? always : [always[0], command.failsAs]),
    ...Object.keys(notes).filter(isExitName),
  ]);
  return [...names]
    .sort((a, b) => exitCodes[a].code - exitCodes[b].code)
    .map((name) => [String(exitCodes[name].code), notes[name] || exitCodes[name].meaning]);
}

function isExitName(name: string): name is ExitName {
  return Object.hasOwn(exitCodes, name);
}
