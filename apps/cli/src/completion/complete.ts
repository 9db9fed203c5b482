import type { AnyCommand, Completion, OptionSpec } from "../command/command.ts";
import { readFlags } from "../command/option-flags.ts";
import { type CommandEntry, groups, nestedGroups, registry } from "../command/registry.ts";
import { globalOptions } from "../program/global-options.ts";

/** What can stand where the cursor is. */
export interface Candidates {
  readonly values: readonly Candidate[];
  /** What the shell shall offer besides. */
  readonly also: "none" | "file" | "folder";
}

/** One word that can stand where the cursor is, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

const nothing: Candidates = { values: [], also: "none" };

/** What can follow: `words` are those after `smith`, the last one is being typed and may be empty. */
export async function complete(words: readonly string[]): Promise<Candidates> {
  // Bash hands over --to=3 as three words.
  const typed = words.filter((word, position) => word !== "=" || position === words.length - 1);
  const current = typed.at(-1) === "=" ? "" : (typed.at(-1) ?? "");
  const before = typed.slice(0, -1);
  const names = commandWords(before);
  const entry = entryOf(names);
  const command = entry === undefined ? undefined : (await entry.load()).default;
  const options = [...(command?.options ?? []), ...globalOptions];
  const pending = valueOption(before.at(-1), options);
  if (pending !== undefined) return fromSpec(pending.complete, current);
  const [flag = "", inline] = current.split("=", 2);
  if (inline !== undefined)
    return prefixed(`${flag}=`, fromSpec(valueOption(flag, options)?.complete, inline));
  if (current.startsWith("-")) return matching(options.map(asCandidate), current);
  if (entry === undefined || command === undefined) return matching(nextWords(names), current);
  return argumentCandidates(command, before, options, entry, current);
}

function argumentCandidates(
  command: AnyCommand,
  before: readonly string[],
  options: readonly OptionSpec[],
  entry: CommandEntry,
  current: string,
): Candidates {
  const position = positionals(before, options).length - entry.name.split(" ").length;
  const list = command.arguments ?? [];
  const last = list.at(-1);
  const argument = list[position] ?? (last?.variadic === true ? last : undefined);
  return fromSpec(argument?.complete, current);
}

function fromSpec(spec: Completion | undefined, current: string): Candidates {
  if (spec === undefined) return nothing;
  if (spec === "file" || spec === "folder") return { values: [], also: spec };
  return matching(
    spec.map((value) => ({ value, about: "" })),
    current,
  );
}

function matching(candidates: readonly Candidate[], current: string): Candidates {
  return { values: candidates.filter(({ value }) => value.startsWith(current)), also: "none" };
}

function prefixed(prefix: string, { values, also }: Candidates): Candidates {
  return { values: values.map(({ value, about }) => ({ value: prefix + value, about })), also };
}

function asCandidate({ flags, description }: OptionSpec): Candidate {
  return { value: readFlags(flags).long, about: description };
}

/** The words that may follow the ones that name a group, or nothing yet. */
function nextWords(names: readonly string[]): Candidate[] {
  const visible = registry.filter(({ hidden }) => hidden !== true);
  if (names.length === 0) {
    const single = visible.filter(({ name }) => !name.includes(" "));
    return [...single, ...groups, { name: "help", summary: "What a command is for, with examples" }].map(
      ({ name, summary }) => ({ value: name, about: summary }),
    );
  }
  const prefix = `${names.join(" ")} `;
  return [...visible, ...nestedGroups]
    .map(({ name, summary }) => ({ value: name.slice(prefix.length), about: summary, name }))
    .filter(({ name, value }) => name.startsWith(prefix) && !value.includes(" "))
    .map(({ value, about }) => ({ value, about }));
}

function commandWords(before: readonly string[]): string[] {
  const words = positionals(before, globalOptions);
  return words[0] === "help" ? words.slice(1) : words;
}

function entryOf(names: readonly string[]): CommandEntry | undefined {
  return registry.find(({ name }) => name === names.slice(0, name.split(" ").length).join(" "));
}

/** The words that are neither options nor the values of options. */
function positionals(before: readonly string[], options: readonly OptionSpec[]): string[] {
  return before.filter(
    (word, position) => !word.startsWith("-") && valueOption(before[position - 1], options) === undefined,
  );
}

function valueOption(word: string | undefined, options: readonly OptionSpec[]): OptionSpec | undefined {
  return options.find(({ flags }) => {
    const { long, short, takesValue } = readFlags(flags);
    return takesValue && (word === long || (short !== undefined && word === short));
  });
}
