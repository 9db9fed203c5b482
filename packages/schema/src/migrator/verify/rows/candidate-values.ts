import type { CheckShape, ColumnShape, TableShape } from "../sql/tables.ts";
import { sampleRegex } from "./sample-regex.ts";

const hex = (length: number, seed: number) => seed.toString(16).padStart(length, "0");
const uuid = (seed: number) => `${hex(8, seed)}-0000-4000-8000-${hex(12, seed)}`;
const day = (seed: number) => String((seed % 27) + 1).padStart(2, "0");
const moment = (seed: number) => `2026-01-${day(seed)}T00:00:00Z`;

/** Values of the types that are no text and no enum; `seed` makes them differ from row to row. */
const byType: Readonly<Record<string, (seed: number) => readonly string[]>> = {
  uuid: (seed) => [uuid(seed)],
  bool: () => ["true", "false"],
  date: (seed) => [`2026-01-${day(seed)}`, "2027-06-01", "2020-06-01"],
  timestamp: (seed) => [moment(seed), "2099-06-01 00:00", "2020-06-01 00:00"],
  timestamptz: (seed) => [moment(seed), "2099-06-01 00:00Z", "2020-06-01 00:00Z"],
  time: () => ["12:00"],
  timetz: () => ["12:00Z"],
  interval: () => ["1 hour", "1 day"],
  bytea: (seed) => ["32", "16", "20", "64"].map((size) => `\\x${hex(Number(size) * 2, seed)}`).concat("\\x"),
  inet: () => ["192.0.2.1"],
  cidr: () => ["192.0.2.0/24"],
  macaddr: () => ["02:00:00:00:00:01"],
  macaddr8: () => ["02:00:00:00:00:00:00:01"],
  bit: () => ["1"],
  varbit: () => ["1"],
  xml: () => ["<x/>"],
  tsvector: () => ["word"],
  tsquery: () => ["word"],
  pg_lsn: () => ["0/1"],
  point: () => ["(0,0)"],
  box: () => ["(1,1),(0,0)"],
  circle: () => ["<(0,0),1>"],
  line: () => ["{1,1,0}"],
  lseg: () => ["[(0,0),(1,1)]"],
  path: () => ["[(0,0),(1,1)]"],
  polygon: () => ["((0,0),(1,1))"],
};

const textValues = (seed: number): readonly string[] => [
  `smith ${seed}`,
  `smith_${seed}`,
  `s${seed}`,
  hex(64, seed),
  hex(40, seed),
  hex(32, seed),
  uuid(seed),
  moment(seed),
  `2026-01-${day(seed)}`,
  String(10_000 + seed),
  "1.0.0",
  `smith${seed}.example`,
  `smith${seed}@mister.example`,
  `https://mister.example/${seed}`,
  `/smith/${seed}`,
  "S",
  "SMITH",
  "",
];

/** Values worth trying for a column, likely ones first; null last where the column takes it. */
export function candidateValues(
  column: ColumnShape,
  table: TableShape,
  seed: number,
): readonly (string | null)[] {
  const hints = table.checks.filter((check) => check.columns.includes(column.name));
  const bounds = table.partitionKey.includes(column.name) ? table.bounds.flatMap(quoted) : [];
  const own = valuesOf(column, hints, seed);
  const all = [...own, ...bounds].map((value) =>
    column.length === null ? value : value.slice(0, column.length),
  );
  return [...new Set<string | null>([...all, ...(column.required ? [] : [null])])];
}

function valuesOf(column: ColumnShape, hints: readonly CheckShape[], seed: number): readonly string[] {
  if (column.labels !== null) return rotate(column.labels, seed);
  const known = byType[column.base];
  if (known !== undefined) return known(seed);
  if (column.base === "json" || column.base === "jsonb") return jsonValues(hints, seed);
  switch (column.category) {
    case "N":
      return [
        ...new Set([
          String(seed % 10 ** (column.digits ?? 4)),
          "1",
          "0",
          "0.5",
          "-1",
          "100",
          ...hints.flatMap(numbers),
        ]),
      ];
    case "S":
      return [
        ...new Set([
          ...textValues(seed).slice(0, 1),
          ...rotate(hints.flatMap(literals), seed),
          ...samples(hints, seed),
          ...textValues(seed),
        ]),
      ];
    case "A":
      return ["{}", "{1}", "{smith}", `{${uuid(seed)}}`];
    case "R":
      return ["empty", "[1,2)", "[2026-01-01,2026-02-01)"];
    default:
      return ["1", "smith", "{}", "[1]", `[${Array(1536).fill("0").join(",")}]`];
  }
}

/** An object with every word that the CHECK and its functions ask for, as time, text, number and list. */
function jsonValues(hints: readonly CheckShape[], seed: number): readonly string[] {
  const keys = hints.flatMap(literals).filter((word) => /^[A-Za-z_][\w-]*$/.test(word));
  const objectOf = (value: unknown) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, value])));
  const asked = keys.length === 0 ? [] : [moment(seed), "smith", 1, true, [], {}].map(objectOf);
  return [...asked, JSON.stringify({ smith: seed }), "{}", "[]", '["smith"]', '"smith"', "1"];
}

/** Texts for the literals of a CHECK that are regular expressions. */
function samples(hints: readonly CheckShape[], seed: number): readonly string[] {
  return hints
    .flatMap(literals)
    .filter((literal) => /[\^$[\\(+*]/.test(literal))
    .map((pattern) => sampleRegex(pattern, seed));
}

function literals(check: CheckShape): readonly string[] {
  return check.texts.flatMap(quoted);
}

function quoted(text: string): readonly string[] {
  return [...text.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? "").replaceAll("''", "'"));
}

function numbers(check: CheckShape): readonly string[] {
  return check.texts.flatMap((text) => [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map((match) => match[0]));
}

function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
