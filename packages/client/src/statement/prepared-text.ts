import { hash } from "node:crypto";
import { ClientError } from "../errors/client-error.ts";
import { shownValue } from "../errors/shown-value.ts";
import { isReading } from "./is-reading.ts";
import type { Statement } from "./statement.ts";
import { type StatementEffect, statementEffect } from "./statement-effect.ts";
import { tokensOf } from "./tokens.ts";

/** What is known about the text of a statement, found out once. */
export interface PreparedText {
  /** The text with PostgreSQL's placeholders. */
  readonly text: string;
  /** The name under which the server may keep it. */
  readonly name: string;
  readonly effect: StatementEffect;
  /** It is there to read, by its verbs; functions that it calls may write. */
  readonly reads: boolean;
  /** Whether it was asked for before: only then is it worth a name. */
  readonly repeated: boolean;
}

/** How many texts are remembered; an application has some hundreds. */
const mostTexts = 4_096;

/** Texts longer than this are made up each time, and not remembered. */
const longestText = 65_536;

/** Remembers what is known about texts, the latest {@link mostTexts} of them. */
export class PreparedTexts {
  readonly #known = new Map<string, { -readonly [Key in keyof PreparedText]: PreparedText[Key] }>();

  /**
   * @throws ClientError `INVALID_INPUT` for what is no statement, for a text with a NUL character, at which the server
   *   would end it, and for COPY to the client
   */
  of(statement: Statement): PreparedText {
    const { sql } = checked(statement);
    const known = this.#known.get(sql);
    if (known !== undefined) {
      known.repeated = true;
      return known;
    }
    // Slonik's tag leaves the form of placeholders to the driver.
    const text = sql.replace(/\$slonik_(\d+)/g, "$$$1");
    refuseNul(text);
    refuseCopyOut(text);
    let reads: boolean | undefined;
    const made = {
      text,
      name: `smith_${hash("sha1", text, "hex").slice(0, 24)}`,
      effect: statementEffect(text),
      repeated: false,
      get reads() {
        reads ??= isReading(text);
        return reads;
      },
    };
    if (sql.length > longestText) return made;
    if (this.#known.size >= mostTexts) this.#forgetOldest();
    this.#known.set(sql, made);
    return made;
  }

  #forgetOldest(): void {
    for (const sql of this.#known.keys()) {
      this.#known.delete(sql);
      return;
    }
  }
}

// A caller without types may give text.
function checked(statement: Statement): Statement {
  const given: unknown = statement;
  const isStatement =
    typeof given === "object" &&
    given !== null &&
    typeof Reflect.get(given, "sql") === "string" &&
    hasParser(given);
  if (isStatement) return statement;
  throw new ClientError("INVALID_INPUT", `${shownStatement(given)} is no statement`, {
    hint: "Make it with sql.type(schema)`…`, or with sql.unsafe`…` where its rows are not to be checked.",
  });
}

function hasParser(given: object): boolean {
  const parser: unknown = Reflect.get(given, "parser");
  return typeof parser === "object" && parser !== null && "safeParse" in parser;
}

function shownStatement(given: unknown): string {
  if (typeof given === "object" && given !== null)
    return "sql" in given ? "a part of a statement" : "an object";
  return shownValue(given, []);
}

// What the server sends by COPY are no rows: they would be thrown away.
function refuseCopyOut(text: string): void {
  const tokens = tokensOf(text);
  const verb = tokens?.find(({ sign }) => sign !== ";")?.word;
  if (
    verb !== "copy" ||
    tokens?.some(({ word }, at) => word === "stdout" && tokens[at - 1]?.word === "to") !== true
  )
    return;
  throw new ClientError("INVALID_INPUT", "the statement sends its rows by COPY, of which none can be given", {
    hint: "Select the rows, with `stream` when they are many, or copy them with a driver of your own or psql.",
    details: { statement: text },
  });
}

function refuseNul(text: string): void {
  const position = text.indexOf("\u0000");
  if (position === -1) return;
  throw new ClientError("INVALID_INPUT", `the statement has a NUL character at position ${position}`, {
    hint: "Remove the character: PostgreSQL allows it in no name and no text.",
    details: { position },
  });
}
