import { CommanderError } from "commander";
import type { AnyCommand } from "../command/command.ts";
import { registry } from "../command/registry.ts";
import { completeWord } from "../completion/protocol.ts";
import type { Context } from "../context.ts";
import { type ExitName, exitCodes } from "../exit-codes.ts";
import { helpOfSmith } from "../help/help-of-smith.ts";
import { Interrupted } from "../interrupted.ts";
import { coloursFor } from "../output/colours.ts";
import { showProgress } from "../output/progress.ts";
import { version } from "../version.ts";
import { createContext } from "./create-context.ts";
import { exitNameOf } from "./exit-name-of.ts";
import type { GlobalValues } from "./global-options.ts";
import { buildProgram } from "./program.ts";
import { errorDocument, errorText, failureLine } from "./report-error.ts";
import { asUsageError } from "./usage-of-commander.ts";
import type { World } from "./world.ts";

/** Runs one command line to its end and gives the exit code. Never throws. */
export async function runSmith(argv: readonly string[], world: World): Promise<number> {
  if (argv[0] === completeWord) {
    const { answerShell } = await import("../completion/answer-shell.ts");
    world.stdout.write(await answerShell(argv.slice(argv[1] === "--" ? 2 : 1)));
    return exitCodes.ok.code;
  }
  let exit: ExitName = "ok";
  let failsAs: ExitName | undefined;
  const write = (text: string) => void world.stdout.write(text);
  const program = buildProgram({
    colours: (globals) => colours(world, globals),
    write,
    chose(command) {
      failsAs = command.failsAs;
    },
    async run(command, values, globals) {
      exit = await runCommand(command, values, contextOf(world, globals), write);
    },
  });
  try {
    await program.parseAsync(withoutHelpWord(argv), { from: "user" });
    return exitCodes[world.signal.aborted ? interruption(world.signal) : exit].code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help" && program.args.length === 0) {
      const globals = program.opts<GlobalValues>();
      write(globals.version === true ? ownVersion(globals) : whatToDo(world, globals));
      return 0;
    }
    return reportFailure(asUsageError(error), argv.includes("--json"), world, failsAs);
  }
}

async function runCommand(
  command: AnyCommand,
  values: Readonly<Record<string, unknown>>,
  context: Context,
  write: (text: string) => void,
): Promise<ExitName> {
  const result = await command.execute(context, values);
  if (context.json) write(`${JSON.stringify(result.data, null, 2)}\n`);
  else if (result.text !== "") write(`${result.text}\n`);
  await result.hold?.();
  return result.exit ?? "ok";
}

function contextOf(world: World, globals: GlobalValues): Context {
  return createContext(globals, {
    ...world,
    colours: colours(world, globals),
    progress: (doing) => showProgress(world.stderr, doing),
  });
}

function ownVersion({ json }: GlobalValues): string {
  return json === true ? `${JSON.stringify({ version })}\n` : `${version}\n`;
}

function whatToDo(world: World, globals: GlobalValues): string {
  if (globals.json !== true) return helpOfSmith(colours(world, globals), "first-steps");
  const commands = registry
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, summary }) => ({ name, summary }));
  return `${JSON.stringify({ commands }, null, 2)}\n`;
}

function colours(world: World, globals: GlobalValues) {
  return coloursFor({ env: world.env, isTerminal: world.stdout.isTTY === true, flag: globals.color });
}

function reportFailure(error: unknown, json: boolean, world: World, failsAs: ExitName | undefined): number {
  const exit = world.signal.aborted ? interruption(world.signal) : (failsAs ?? exitNameOf(error));
  const { code } = exitCodes[exit];
  if (json) world.stdout.write(`${JSON.stringify(errorDocument(error, exit), null, 2)}\n`);
  // Who reads the code of a plugin reads the first line that it prints.
  else if (exit === failsAs) world.stdout.write(`${failureLine(error, exit)}\n`);
  const painted = coloursFor({ env: world.env, isTerminal: world.stderr.isTTY === true });
  world.stderr.write(`${errorText(error, exit, painted, world.env["SMITH_DEBUG"] === "1")}\n`);
  return code;
}

function interruption(signal: AbortSignal): ExitName {
  const { reason } = signal;
  return reason instanceof Interrupted && reason.signal === "SIGTERM" ? "terminated" : "interrupted";
}

// `smith help migrate up` is what many type first.
function withoutHelpWord(argv: readonly string[]): string[] {
  return argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
}
