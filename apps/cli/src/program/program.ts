import { Command as CommanderCommand } from "commander";
import type { AnyCommand, ArgumentSpec } from "../command/command.ts";
import { type CommandEntry, groups, nestedGroups, registry } from "../command/registry.ts";
import { helpOfCommand } from "../help/help-of-command.ts";
import { helpOfGroup } from "../help/help-of-group.ts";
import { helpOfSmith } from "../help/help-of-smith.ts";
import type { Colours } from "../output/colours.ts";
import { UsageError } from "../usage-error.ts";
import { type GlobalValues, globalOptions } from "./global-options.ts";

/** What the program needs from who runs it. */
export interface ProgramHooks {
  /** Colours for the help; asked when help is shown. */
  colours(globals: GlobalValues): Colours;
  /** Takes help and version text, for stdout. */
  write(text: string): void;
  /** Told which command the command line names, before its options are read. */
  chose(command: AnyCommand): void;
  /** Runs the command that the command line names, with its raw values. */
  run(command: AnyCommand, values: Readonly<Record<string, unknown>>, globals: GlobalValues): Promise<void>;
}

/** The commander program of the whole registry. A command's file is loaded only when its words were given. */
export function buildProgram(hooks: ProgramHooks): CommanderCommand {
  const program = quiet(new CommanderCommand("smith"), hooks);
  for (const option of globalOptions) {
    if (!option.flags.includes("--help")) program.option(option.flags, option.description);
  }
  const globals = () => program.opts<GlobalValues>();
  program.hook("preSubcommand", () => {
    if (globals().version === true) throw misplacedVersion(program.args);
  });
  program.helpInformation = () => helpOfSmith(hooks.colours(globals()));
  for (const group of [...groups, ...nestedGroups]) {
    const { parent, word } = placeOf(program, group.name);
    const made = quiet(parent.command(word), hooks);
    made.helpInformation = () => helpOfGroup(group, hooks.colours(globals()));
  }
  for (const entry of registry) addCommand(program, entry, hooks);
  return program;
}

// Else a command whose option was misremembered as --version would do nothing and look like a success.
function misplacedVersion(words: readonly string[]): UsageError {
  const called = [3, 2, 1].map((length) => words.slice(0, length).join(" "));
  const name = called.find((known) => registry.some((entry) => entry.name === known)) ?? words[0] ?? "";
  return new UsageError(`--version is no option of smith ${name}: it shows the version of the tool, alone`, {
    hint: `\`smith ${name} --help\` shows what can be given here, \`smith --version\` the version.`,
  });
}

function addCommand(program: CommanderCommand, entry: CommandEntry, hooks: ProgramHooks): void {
  const { parent, word } = placeOf(program, entry.name);
  const child = quiet(parent.command(word, { isDefault: entry.isDefault === true }), hooks);
  parent.hook("preSubcommand", async (_parent, chosen) => {
    if (chosen !== child) return;
    // Else what was mistyped would be an argument of the group's default.
    const [first = word] = parent.args;
    if (entry.isDefault === true && first !== word && !first.startsWith("-"))
      throw unknownCommand(parent, first);
    const command = (await entry.load()).default;
    hooks.chose(command);
    declare(program, child, entry, command, hooks);
  });
}

function unknownCommand(group: CommanderCommand, word: string): UsageError {
  const known = group.commands.map((command) => command.name()).join(", ");
  return new UsageError(`unknown command '${word}'`, {
    hint: `Of smith ${group.name()} there are: ${known}.`,
  });
}

/** Below which command a name stands, and as which word. */
function placeOf(program: CommanderCommand, name: string): { parent: CommanderCommand; word: string } {
  const words = name.split(" ");
  let parent = program;
  for (const word of words.slice(0, -1)) {
    const group = parent.commands.find((known) => known.name() === word);
    if (group === undefined) throw new TypeError(`the registry has no group for ${name}`);
    parent = group;
  }
  return { parent, word: words.at(-1) ?? "" };
}

function declare(
  program: CommanderCommand,
  child: CommanderCommand,
  entry: CommandEntry,
  command: AnyCommand,
  hooks: ProgramHooks,
): void {
  const globals = () => program.opts<GlobalValues>();
  for (const argument of command.arguments ?? []) child.argument(argumentFlags(argument));
  for (const option of command.options ?? []) child.option(option.flags, option.description);
  child.helpInformation = () => helpOfCommand(entry, command, hooks.colours(globals()));
  child.action(async () => {
    const named = (command.arguments ?? []).map((argument, position) => [
      camelCase(argument.name),
      child.processedArgs[position],
    ]);
    const given = [...named, ...Object.entries(child.opts())].filter(([, value]) => value !== undefined);
    await hooks.run(command, Object.fromEntries(given), globals());
  });
}

// Errors are thrown and printed by who runs the program, in one form for all of them.
function quiet(command: CommanderCommand, hooks: ProgramHooks): CommanderCommand {
  return command
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: hooks.write,
      writeErr: () => {},
      outputError: () => {},
      getOutHasColors: () => true,
    });
}

function argumentFlags({ name, required = true, variadic = false }: ArgumentSpec): string {
  const inner = variadic ? `${name}...` : name;
  return required ? `<${inner}>` : `[${inner}]`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
