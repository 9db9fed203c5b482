import type { z } from "zod";
import { DamagedRunError } from "../files/damaged-run-error.ts";
import { parseJson } from "../files/parse-json.ts";
import type { FileText } from "../files/read-text.ts";
import { isJsonObject, type JsonObject } from "../json-value.ts";
import type { Run } from "../run.ts";
import { checkEvents } from "./check-events.ts";
import { issueWords, pathText } from "./issue-words.ts";
import { type RunEvent, runEnd, runEvent } from "./run-event.ts";
import { runHeader } from "./run-header.ts";

/** Reads a run in the JSON Lines format. Throws {@link DamagedRunError} with the line of the first fault. */
export function parseRun(file: string, { text, digest }: FileText): Run {
  const lines = new Lines(file, text);
  const header = lines.header();
  const events: RunEvent[] = [];
  for (let line = 2; line < lines.count; line++) events.push(lines.event(line));
  lines.end(events.length);
  const fault = checkEvents(events);
  if (fault !== undefined) throw new DamagedRunError(file, { line: fault.position + 2 }, fault.reason);
  return {
    id: header.run,
    title: header.title,
    startedAt: header.started_at,
    source: header.source ?? {},
    file,
    digest,
    events,
  };
}

/** The lines of one file, by their number from 1. */
class Lines {
  readonly #file: string;
  readonly #lines: readonly string[];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = text.replace(/\r?\n$/, "").split("\n");
  }

  get count(): number {
    return this.#lines.length;
  }

  header() {
    const first = this.#object(1);
    if (first["format"] === "mister-smith/run" && first["version"] !== 1) {
      throw this.#damaged(1, `version ${JSON.stringify(first["version"])} of the format is not known; 1 is`);
    }
    return this.#parsed(1, runHeader, first, "the first line is no header of a run: ");
  }

  event(line: number): RunEvent {
    const object = this.#object(line);
    if (object["type"] === "end") throw this.#damaged(line, "more lines follow the end line");
    return this.#parsed(line, runEvent, object, `${String(object["type"])}: `);
  }

  end(eventsSeen: number): void {
    const line = this.count;
    const missing = "the file stops without its end line, so it may be cut";
    if (line === 1) throw this.#damaged(line, missing);
    const object = this.#object(line);
    if (object["type"] !== "end") throw this.#damaged(line, missing);
    const { events } = this.#parsed(line, runEnd, object, "end: ");
    if (events !== eventsSeen) {
      throw this.#damaged(line, `the end line counts ${events} events, the file has ${eventsSeen}`);
    }
  }

  #object(line: number): JsonObject {
    const text = this.#lines[line - 1] ?? "";
    if (text.trim() === "") throw this.#damaged(line, "the line is empty");
    const parsed = parseJson(text);
    if (!parsed.ok) {
      throw new DamagedRunError(this.#file, { line, column: parsed.offset + 1 }, parsed.reason);
    }
    if (!isJsonObject(parsed.value)) throw this.#damaged(line, "the line is no JSON object");
    return parsed.value;
  }

  #parsed<Schema extends z.ZodType>(
    line: number,
    schema: Schema,
    object: JsonObject,
    prefix: string,
  ): z.output<Schema> {
    const result = schema.safeParse(object);
    if (result.success) return result.data;
    const { path, reason } = issueWords(result.error);
    throw this.#damaged(line, prefix + [pathText(path), reason].filter((part) => part !== "").join(": "));
  }

  #damaged(line: number, reason: string): DamagedRunError {
    return new DamagedRunError(this.#file, { line }, reason);
  }
}
