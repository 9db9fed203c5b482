import type { Node } from "libpg-query";
import { deparseSync } from "pgsql-deparser";
import type { CatalogueColumn, IndexKey } from "../catalogue.ts";
import { canonical, withoutQualifiers } from "./canonical.ts";
import { findColumn, type Relation, type Scope } from "./scope.ts";
import { stringValues } from "./string-values.ts";
import { walkTree } from "./walk-tree.ts";

/** A key, and the relation whose columns it is made of. */
export interface FoundKey {
  readonly relation: Relation;
  readonly key: IndexKey;
}

/** Operators whose result depends on their operands alone. */
const immutableOperators: ReadonlySet<string> = new Set(["->", "->>", "#>", "#>>"]);

/**
 * What an index could have as a key: a column, or an expression over the columns of one relation without parameters and
 * whose functions always give the same for the same. Null for anything else.
 */
export function keyOf(scope: Scope, immutable: ReadonlySet<string>, node: Node): FoundKey | null {
  if ("ColumnRef" in node) {
    const found = findColumn(scope, node.ColumnRef);
    if (found === null) return null;
    const { relation, column } = found;
    const plain = withoutQualifiers(node);
    return {
      relation,
      key: { canonical: canonical(node), sql: deparseSync(plain), columns: [column], isColumn: true },
    };
  }
  if (!("FuncCall" in node || "A_Expr" in node)) return null;
  const parts = partsOf(scope, immutable, node);
  const [relation] = parts.relations;
  if (!parts.isImmutable || relation === undefined || parts.relations.size !== 1) return null;
  const sql = `(${deparseSync(withoutQualifiers(node), { pretty: false })})`;
  return { relation, key: { canonical: canonical(node), sql, columns: [...parts.columns], isColumn: false } };
}

/** The relations whose columns a node names, also within its subqueries. */
export function relationsIn(scope: Scope, node: unknown): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  walkTree(node, (name, body) => {
    if (name !== "ColumnRef") return true;
    const found = findColumn(scope, body);
    if (found !== null) relations.add(found.relation);
    return false;
  });
  return relations;
}

interface Parts {
  readonly relations: ReadonlySet<Relation>;
  readonly columns: ReadonlySet<CatalogueColumn>;
  readonly isImmutable: boolean;
}

function partsOf(scope: Scope, immutable: ReadonlySet<string>, node: Node): Parts {
  const relations = new Set<Relation>();
  const columns = new Set<CatalogueColumn>();
  let isImmutable = true;
  walkTree(node, (name, body) => {
    if (name === "ColumnRef") {
      const found = findColumn(scope, body);
      if (found === null) isImmutable = false;
      else {
        relations.add(found.relation);
        columns.add(found.column);
      }
      return false;
    }
    isImmutable &&= isImmutableNode(immutable, { [name]: body } as unknown as Node);
    return name !== "A_Const";
  });
  return { relations, columns, isImmutable };
}

function isImmutableNode(immutable: ReadonlySet<string>, node: Node): boolean {
  if ("A_Const" in node || "String" in node) return true;
  if ("A_Expr" in node) {
    const { kind, name } = node.A_Expr;
    return kind === "AEXPR_OP" && immutableOperators.has(stringValues(name).at(-1) ?? "");
  }
  if (!("FuncCall" in node)) return false;
  const { funcname, args, agg_star, agg_distinct, agg_within_group, over } = node.FuncCall;
  const isPlain =
    agg_star !== true && agg_distinct !== true && agg_within_group !== true && over === undefined;
  return isPlain && immutable.has(`${stringValues(funcname).at(-1)}/${args?.length ?? 0}`);
}
