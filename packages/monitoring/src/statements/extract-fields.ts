import type { ScanToken } from "libpg-query";
import type { TextEdit } from "./edit-text.ts";
import { partsOf } from "./parts-of.ts";
import type { ReadableStatement } from "./readable-statement.ts";

/** `extract(year FROM at)` is kept as `extract($1 FROM at)`, where no parameter may stand: makes a plain call of it. */
export function extractFields({ tree, tokens }: ReadableStatement): readonly TextEdit[] {
  const words = tokens.filter(({ tokenName }) => !tokenName.endsWith("_COMMENT"));
  return partsOf(tree, "FuncCall").flatMap(
    ({ args: [field] = [], funcformat, location = -1 }): TextEdit[] => {
      if (funcformat !== "COERCE_SQL_SYNTAX" || field === undefined || !("ParamRef" in field)) return [];
      const first = words.findIndex(({ start }) => start === location);
      const [name, , parameter, from] = words.slice(first, first + 4);
      if (!isWord(name, "extract") || parameter === undefined || !isWord(from, "from")) return [];
      return [
        { start: name.start, end: name.end, text: 'pg_catalog."extract"' },
        { start: parameter.end, end: from.end, text: "::text," },
      ];
    },
  );
}

function isWord(token: ScanToken | undefined, word: string): token is ScanToken {
  return token?.text.toLowerCase() === word;
}
