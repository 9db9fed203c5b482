import { createHash } from "node:crypto";
import type { EventOf } from "../format/run-event.ts";
import type { JsonValue } from "../json-value.ts";
import { storableText } from "../storable-text.ts";
import type { RecordedStep } from "./steps-of.ts";

/** What a step found out or changed, as a fact without its provenance. */
export type Finding = Pick<EventOf<"fact">, "entity_type" | "entity_id" | "predicate" | "value">;

const verbs: Readonly<Record<string, string>> = {
  open: "opened",
  create: "created",
  edit: "edited",
  insert: "edited",
  rm: "removed",
};

const editorVerbs: Readonly<Record<string, string>> = {
  view: "opened",
  create: "created",
  str_replace: "edited",
  insert: "edited",
  undo_edit: "edited",
};

/** What one step of SWE-agent found out: a file opened, created, edited or removed, or a command that was run. */
export function findingsOf(step: RecordedStep, number: number): readonly Finding[] {
  const words = wordsOf(step.action);
  const [verb] = words;
  if (verb === undefined || verb === "submit") return [];
  const touched = touchedFile(words, step);
  if (touched === undefined) return [commandRun(step, number)];
  return [
    {
      entity_type: "file",
      entity_id: entityId(touched.path),
      predicate: touched.how,
      value: { step: number },
    },
  ];
}

/** What a submission holds: which files it changes, and what it can be recognised by. */
export function submissionOf(run: string, submission: string): Finding {
  const files = [...submission.matchAll(/^\+\+\+ b\/(.+?)\r?$/gm)].map((match) => match[1] ?? "");
  return {
    entity_type: "run",
    entity_id: entityId(run),
    predicate: "submitted",
    value: { files, ...fingerprint(submission) },
  };
}

/** A text as the id of an entity, which holds 255 characters: a longer one is cut and told apart by its digest. */
export function entityId(text: string): string {
  const characters = [...storableText(text).replaceAll("\u241b", "\\u")];
  if (characters.length <= 255) return characters.join("");
  return `${characters.slice(0, 200).join("")}… ${sha256(text).slice(0, 16)}`;
}

function touchedFile(words: readonly string[], step: RecordedStep) {
  const [verb = "", first = "", second] = words;
  if (verb === "str_replace_editor") {
    const how = editorVerbs[first];
    return how === undefined || second === undefined ? undefined : { how, path: second };
  }
  const how = verbs[verb];
  if (how === undefined) return undefined;
  const path =
    how === "edited"
      ? openFile(step.state["open_file"])
      : words.find((word, at) => at > 0 && !word.startsWith("-"));
  return path === undefined ? undefined : { how, path };
}

function openFile(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" && value !== "n/a" ? value : undefined;
}

function commandRun(step: RecordedStep, number: number): Finding {
  const value = { step: number, output: fingerprint(step.observation ?? "") };
  return { entity_type: "command", entity_id: entityId(firstLine(step.action)), predicate: "ran", value };
}

// The words of the first line, quotes taken away: enough to see which file a command names.
function wordsOf(action: string): string[] {
  return [...firstLine(action).matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(
    (match) => match[1] ?? match[2] ?? match[0],
  );
}

function firstLine(text: string): string {
  return text.trimStart().split(/\r?\n/, 1)[0] ?? "";
}

function fingerprint(text: string): { readonly sha256: string; readonly bytes: number } {
  return { sha256: sha256(text), bytes: Buffer.byteLength(text) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
