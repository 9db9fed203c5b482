import { hash } from "node:crypto";
import { ClientError } from "../errors/client-error.ts";
import { isReading } from "./is-reading.ts";
import { type StatementEffect, statementEffect } from "./statement-effect.ts";

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

  /** @throws ClientError `INVALID_INPUT` for a text with a NUL character, at which the server would end it */
  of(sql: string): PreparedText {
    const known = this.#known.get(sql);
    if (known !== undefined) {
      known.repeated = true;
      return known;
    }
    // Slonik's tag leaves the form of placeholders to the driver.
    const text = sql.replace(/\$slonik_(\d+)/g, "$$$1");
    refuseNul(text);
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

function refuseNul(text: string): void {
  const position = text.indexOf("\u0000");
  if (position === -1) return;
  throw new ClientError("INVALID_INPUT", `the statement has a NUL character at position ${position}`, {
    hint: "Remove the character: PostgreSQL allows it in no name and no text.",
    details: { position },
  });
}
