import type { TextEdit } from "./edit-text.ts";
import { partsOf } from "./parts-of.ts";
import type { ReadableStatement } from "./readable-statement.ts";

/** What may follow the text of an interval: `INTERVAL '1' DAY TO SECOND(3)`. */
const fields = /^(year|month|day|hour|minute|second|to)$/i;

/** `DATE '2026-01-01'` is kept as `DATE $1`, where only a literal may stand: makes a cast of it. */
export function typedLiterals({ tree, bytes, tokens }: ReadableStatement): readonly TextEdit[] {
  return partsOf(tree, "TypeCast").flatMap(({ arg, typeName }): TextEdit[] => {
    if (arg === undefined || !("ParamRef" in arg)) return [];
    const { number = 0, location: at = 0 } = arg.ParamRef;
    const start = typeName?.location ?? -1;
    // In `$1::date` and `CAST($1 AS date)` the type comes after.
    if (start < 0 || start > at) return [];
    const end = at + `$${number}`.length;
    const name = bytes.subarray(start, at).toString().trim();
    const suffix = /interval/i.test(name) ? fieldsAfter(end) : "";
    return [
      { start, end: end + Buffer.byteLength(suffix), text: `CAST($${number} AS ${name}${suffix.trimEnd()})` },
    ];
  });

  function fieldsAfter(at: number): string {
    let end = at;
    let depth = 0;
    for (const { start, end: tokenEnd, text } of tokens) {
      if (start < at) continue;
      if (text === "(" && end > at) depth += 1;
      else if (depth === 0 && !fields.test(text)) break;
      if (text === ")") depth -= 1;
      end = tokenEnd;
    }
    return bytes.subarray(at, end).toString();
  }
}
