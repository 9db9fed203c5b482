/** A part of a statement's text that matters for its effect. */
export interface Token {
  /** A word that stands without quotes, in lower case. */
  readonly word?: string;
  /** A name in double quotes. */
  readonly quoted?: string;
  /** Any other sign, or `'` for a literal. */
  readonly sign?: string;
  /** A literal that ends elsewhere when `standard_conforming_strings` is off. */
  readonly doubtful?: true;
  /** This is the last part of a name before an opening parenthesis: the whole name, and where it starts. */
  readonly call?: { readonly name: readonly string[]; readonly start: number };
}

/** The white space of PostgreSQL: other scripts' spaces are letters to it. */
const blank = String.raw`[ \t\n\r\f\v]`;
const escaped = String.raw`'(?:[^'\\]|\\[^]|'')*'`;

const pattern = new RegExp(
  [
    String.raw`(?<space>${blank}+|--[^\n\r]*)`,
    String.raw`(?<comment>/\*)`,
    // A literal goes on after the end of its line, under the same rules.
    String.raw`(?<escaped>[eE]${escaped}(?:(?:${blank}|--[^\n\r]*[\n\r])+${escaped})*)`,
    `(?<unicode>[uU]&["'])`,
    `(?<literal>(?:[bBxXnN])?'(?:[^']|'')*')`,
    `(?<quoted>"(?:[^"]|"")+")`,
    String.raw`(?<dollar>\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<number>\$?\d[\w.]*)`,
    `(?<sign>[^])`,
  ].join("|"),
  "y",
);

/** The text without comments, literals reduced to a sign; undefined when it is not understood. */
export function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)?.groups;
    if (groups?.["space"] !== undefined) continue;
    if (groups?.["comment"] !== undefined) {
      const end = endOfComment(text, pattern.lastIndex);
      if (end === undefined) return undefined;
      pattern.lastIndex = end;
      continue;
    }
    const token = groups === undefined ? undefined : tokenOf(groups, text);
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return markCalls(tokens);
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, text: string): Token | undefined {
  const { unicode, literal, quoted, dollar, word, sign } = groups;
  if (unicode !== undefined || sign === "'" || sign === '"') return undefined;
  if (word !== undefined) return { word: lowerCase(word) };
  if (quoted !== undefined) return { quoted: quoted.slice(1, -1).replaceAll('""', '"') };
  if (literal?.includes("\\'") === true) return { sign: "'", doubtful: true };
  if (dollar === undefined) return { sign: sign ?? "'" };
  const end = text.indexOf(dollar, pattern.lastIndex);
  if (end === -1) return undefined;
  pattern.lastIndex = end + dollar.length;
  return { sign: "'" };
}

// PostgreSQL folds these letters alone; others that look alike are not the same.
function lowerCase(word: string): string {
  return word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

// Comments in PostgreSQL nest.
function endOfComment(text: string, from: number): number | undefined {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const found = edge.exec(text);
    if (found === null) return undefined;
    depth += found[0] === "/*" ? 1 : -1;
  }
  return edge.lastIndex;
}

function markCalls(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token, index) => {
    const last = nameOf(token);
    if (last === undefined || tokens[index + 1]?.sign !== "(") return token;
    const name = [last];
    let start = index;
    while (tokens[start - 1]?.sign === ".") {
      const part = nameOf(tokens[start - 2]);
      if (part === undefined) break;
      name.unshift(part);
      start -= 2;
    }
    return { ...token, call: { name, start } };
  });
}

function nameOf(token: Token | undefined): string | undefined {
  return token?.word ?? token?.quoted;
}
