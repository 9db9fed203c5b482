import type { Node, ParamRef } from "libpg-query";
import { editText } from "./edit-text.ts";
import { partsOf } from "./parts-of.ts";
import type { ReadableStatement } from "./readable-statement.ts";
import { outputs, outputsOf, valueParameters } from "./value-parameters.ts";

/** What literals mostly are, where they can be several things. */
const types = [
  "integer",
  "text",
  "numeric",
  "timestamptz",
  "interval",
  "boolean",
  "date",
  "integer[]",
  "text[]",
  "jsonb",
] as const;

/** Functions that take any type, so that theirs says nothing of their arguments. */
const takeAnything = new Set(
  `array_agg array_to_json concat concat_ws count first_value format json_agg json_array json_build_array
   json_build_object json_object_agg jsonb_agg jsonb_build_array jsonb_build_object jsonb_object_agg last_value max min
   nth_value num_nonnulls num_nulls pg_column_size pg_typeof quote_literal quote_nullable row_to_json to_json to_jsonb
   unnest`.split(/\s+/),
);

/**
 * What may have been meant by a statement of which PostgreSQL does not know the types of some parameters, what is likely
 * first: each is the statement with casts. No guess changes what has a cast already.
 *
 * @param at the byte where PostgreSQL says that the trouble is; null where it does not say
 */
export function* typeGuesses(statement: ReadableStatement, at: number | null): Generator<string> {
  const tried = new Set<string>();
  for (const [parameters, candidates] of groups(statement, at))
    for (const type of candidates) {
      const guess = withCasts(statement, parameters, type);
      if (parameters.length === 0 || tried.has(guess)) continue;
      tried.add(guess);
      yield guess;
    }
}

type Group = readonly [parameters: readonly ParamRef[], candidates: readonly string[]];

function groups({ tree }: ReadableStatement, at: number | null): readonly Group[] {
  const everywhere = partsOf(tree, "SelectStmt").flatMap((select) => outputsOf(select).flat());
  if (at === null)
    return [
      [anyArguments(tree), ["text", ...types]],
      [everywhere, ["text"]],
    ];
  const places = placesAt(tree, at);
  return [
    [places.flatMap(valueParameters), types],
    [places.flatMap((place) => namedParameters(tree, place)), types],
    [everywhere, ["integer", "numeric", "timestamptz", "text"]],
  ];
}

/** What stands at a byte of the text, the innermost first. */
function placesAt(tree: Node, at: number): readonly Node[] {
  const isThere = ({ location }: { readonly location?: number }) => location === at;
  return [
    ...partsOf(tree, "ParamRef")
      .filter(isThere)
      .map((ParamRef) => ({ ParamRef })),
    ...partsOf(tree, "SubLink")
      .filter(isThere)
      .map((SubLink) => ({ SubLink })),
    ...partsOf(tree, "A_ArrayExpr")
      .filter(isThere)
      .map((A_ArrayExpr) => ({ A_ArrayExpr })),
    ...partsOf(tree, "MinMaxExpr")
      .filter(isThere)
      .map((MinMaxExpr) => ({ MinMaxExpr })),
    ...partsOf(tree, "CoalesceExpr")
      .filter(isThere)
      .map((CoalesceExpr) => ({ CoalesceExpr })),
    ...partsOf(tree, "CaseExpr")
      .filter(isThere)
      .map((CaseExpr) => ({ CaseExpr })),
    ...partsOf(tree, "FuncCall")
      .filter(isThere)
      .map((FuncCall) => ({ FuncCall })),
    ...partsOf(tree, "A_Expr")
      .filter(isThere)
      .map((A_Expr) => ({ A_Expr })),
  ];
}

/** The parameters in the columns that a place names, of whatever query in the statement gives columns of such names. */
function namedParameters(tree: Node, place: Node): readonly ParamRef[] {
  const names = new Set(partsOf(place, "ColumnRef").map(({ fields = [] }) => nameOf(fields.at(-1))));
  const named = (columns: readonly Node[] = [], query: Node | undefined) =>
    columns.flatMap((column, index) => (names.has(nameOf(column)) ? (outputs(query)[index] ?? []) : []));
  return [
    ...partsOf(tree, "ResTarget").flatMap(({ name, val }) =>
      name !== undefined && names.has(name) ? valueParameters(val) : [],
    ),
    ...partsOf(tree, "RangeSubselect").flatMap(({ alias, subquery }) => named(alias?.colnames, subquery)),
    ...partsOf(tree, "RangeFunction").flatMap(({ alias, functions }) =>
      [alias?.aliasname ?? "", ...(alias?.colnames ?? []).map(nameOf)].some((name) => names.has(name))
        ? (functions ?? []).flatMap(valueParameters)
        : [],
    ),
    ...partsOf(tree, "CommonTableExpr").flatMap(({ aliascolnames, ctequery }) =>
      named(aliascolnames, ctequery),
    ),
  ];
}

function nameOf(node: Node | undefined): string {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : "";
}

function anyArguments(tree: Node): readonly ParamRef[] {
  return [
    ...partsOf(tree, "NullTest").flatMap(({ arg }) => valueParameters(arg)),
    ...partsOf(tree, "FuncCall").flatMap(({ funcname = [], args = [] }) =>
      takeAnything.has(nameOf(funcname.at(-1))) ? args.flatMap(valueParameters) : [],
    ),
  ];
}

function withCasts({ text }: ReadableStatement, parameters: readonly ParamRef[], type: string): string {
  return editText(
    text,
    parameters.map(({ number = 0, location = 0 }) => ({
      start: location,
      end: location + `$${number}`.length,
      text: `CAST($${number} AS ${type})`,
    })),
  );
}
