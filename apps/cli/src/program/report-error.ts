import { isSmithError } from "@mister-smith/errors";
import { type ExitName, exitCodes } from "../exit-codes.ts";
import type { Colours } from "../output/colours.ts";
import { hideSecrets } from "../output/hide-secrets.ts";

/** What `--json` prints on stdout in place of a result. */
export function errorDocument(error: unknown, exit: ExitName): { readonly error: Record<string, unknown> } {
  const exitCode = exitCodes[exit].code;
  if (isSmithError(error)) return { error: { ...hidden(error.toJSON()), exitCode } };
  return { error: { name: "InternalError", code: "INTERNAL", message: messageOf(error), exitCode } };
}

/** What people read on stderr: the message, what to do next, and the exit code's name when it says more. */
export function errorText(error: unknown, exit: ExitName, colours: Colours, debug: boolean): string {
  const lines = [`${colours.red("error:")} ${hideSecrets(messageOf(error))}`];
  const hint = isSmithError(error) ? error.hint : internalHint;
  if (hint !== undefined) lines.push(`${colours.cyan("hint:")} ${hideSecrets(hint)}`);
  lines.push(colours.dim(`exit code ${exitCodes[exit].code}: ${exit}`));
  if (debug && error instanceof Error) lines.push(hideSecrets(stackOf(error)));
  return lines.join("\n");
}

/** The one line of a plugin that failed. */
export function failureLine(error: unknown, exit: ExitName): string {
  return `${exit.toUpperCase()}: ${hideSecrets(messageOf(error)).replaceAll(/\s+/g, " ")}`;
}

const internalHint = "This is a fault of smith. Run it again with SMITH_DEBUG=1 and report what it prints.";

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

function hidden(document: Record<string, unknown>): Record<string, unknown> {
  const copy: unknown = JSON.parse(hideSecrets(JSON.stringify(document)));
  return typeof copy === "object" && copy !== null ? { ...copy } : {};
}
