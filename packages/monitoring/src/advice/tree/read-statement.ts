import type { JoinExpr, Node, RangeVar, SelectStmt, SortBy, WithClause } from "libpg-query";
import type { StatementUse, TableAccess, TableWrite } from "../access.ts";
import { type Catalogue, findTable, type OrderedKey } from "../catalogue.ts";
import { keyOf } from "./key-of.ts";
import { readCondition } from "./read-condition.ts";
import { findColumn, newRelation, type Relation, relationNamed, type Scope } from "./scope.ts";
import { stringValues } from "./string-values.ts";
import { walkTree } from "./walk-tree.ts";

/** What a statement does to the tables of a catalogue, by its parse tree. What is not understood is left out. */
export function readStatement(catalogue: Catalogue, tree: Node): StatementUse {
  const reading = new Reading(catalogue);
  reading.statement(tree, null, new Set());
  return { accesses: reading.accesses, writes: reading.writes };
}

/** What is found out of a statement while its tree is walked. */
class Reading {
  readonly accesses: TableAccess[] = [];
  readonly writes: TableWrite[] = [];
  readonly #catalogue: Catalogue;
  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  statement(node: Node, parent: Scope | null, hidden: ReadonlySet<string>): void {
    if ("SelectStmt" in node) this.#select(node.SelectStmt, parent, hidden);
    else if ("InsertStmt" in node) {
      const { relation, selectStmt, withClause, returningClause } = node.InsertStmt;
      const names = this.#with(withClause, parent, hidden);
      this.#write("insert", relation, []);
      if (selectStmt !== undefined) this.statement(selectStmt, parent, names);
      this.#expressions(returningClause, { relations: [], parent, hidden: names });
    } else if ("UpdateStmt" in node) {
      const {
        relation,
        targetList = [],
        fromClause = [],
        whereClause,
        withClause,
        returningClause,
      } = node.UpdateStmt;
      const set = targetList.flatMap((one) => ("ResTarget" in one ? [one.ResTarget.name ?? ""] : []));
      this.#write("update", relation, set);
      this.#change(
        relation,
        fromClause,
        whereClause,
        [targetList, returningClause],
        withClause,
        parent,
        hidden,
      );
    } else if ("DeleteStmt" in node) {
      const { relation, usingClause = [], whereClause, withClause, returningClause } = node.DeleteStmt;
      this.#write("delete", relation, []);
      this.#change(relation, usingClause, whereClause, [returningClause], withClause, parent, hidden);
    } else if ("MergeStmt" in node) {
      const { relation, sourceRelation, joinCondition, mergeWhenClauses, withClause } = node.MergeStmt;
      for (const clause of mergeWhenClauses ?? []) this.#mergeWrite(relation, clause);
      const source = sourceRelation === undefined ? [] : [sourceRelation];
      this.#change(relation, source, joinCondition, [mergeWhenClauses], withClause, parent, hidden);
    }
  }

  #mergeWrite(relation: RangeVar | undefined, clause: Node): void {
    if (!("MergeWhenClause" in clause)) return;
    const { commandType, targetList = [] } = clause.MergeWhenClause;
    const set = targetList.flatMap((one) => ("ResTarget" in one ? [one.ResTarget.name ?? ""] : []));
    if (commandType === "CMD_INSERT") this.#write("insert", relation, []);
    if (commandType === "CMD_UPDATE") this.#write("update", relation, set);
    if (commandType === "CMD_DELETE") this.#write("delete", relation, []);
  }

  #write(kind: TableWrite["kind"], relation: RangeVar | undefined, columns: readonly string[]): void {
    const table = findTable(this.#catalogue, relation?.relname ?? "", relation?.schemaname);
    if (table !== null) this.writes.push({ table, kind, columns });
  }

  #change(
    relation: RangeVar | undefined,
    from: readonly Node[],
    where: Node | undefined,
    rest: readonly unknown[],
    withClause: WithClause | undefined,
    parent: Scope | null,
    hidden: ReadonlySet<string>,
  ): void {
    const scope: Scope = { relations: [], parent, hidden: this.#with(withClause, parent, hidden) };
    if (relation !== undefined) this.#table(relation, scope);
    const joined = from.flatMap((one) => this.#from(one, scope));
    // A row that is changed is read as a whole.
    for (const one of scope.relations.slice(0, 1)) one.used = null;
    this.#conditions([...joined, ...(where === undefined ? [] : [where])], scope);
    for (const one of [joined, where, ...rest]) this.#expressions(one, scope);
    this.#finish(scope);
  }

  #with(
    clause: WithClause | undefined,
    parent: Scope | null,
    hidden: ReadonlySet<string>,
  ): ReadonlySet<string> {
    if (clause?.ctes === undefined) return hidden;
    const names = new Set(hidden);
    for (const one of clause.ctes) {
      if (!("CommonTableExpr" in one)) continue;
      const { ctename, ctequery } = one.CommonTableExpr;
      if (clause.recursive === true && ctename !== undefined) names.add(ctename);
      if (ctequery !== undefined) this.statement(ctequery, parent, new Set(names));
      if (ctename !== undefined) names.add(ctename);
    }
    return names;
  }

  #select(select: SelectStmt, parent: Scope | null, outer: ReadonlySet<string>): void {
    const hidden = this.#with(select.withClause, parent, outer);
    if (select.larg !== undefined) this.#select(select.larg, parent, hidden);
    if (select.rarg !== undefined) this.#select(select.rarg, parent, hidden);
    const scope: Scope = { relations: [], parent, hidden };
    const joined = (select.fromClause ?? []).flatMap((one) => this.#from(one, scope));
    this.#conditions([...joined, ...(select.whereClause === undefined ? [] : [select.whereClause])], scope);
    this.#expressions(joined, scope);
    const { targetList, whereClause, groupClause, havingClause, windowClause, sortClause, valuesLists } =
      select;
    for (const one of [
      targetList,
      whereClause,
      groupClause,
      havingClause,
      windowClause,
      sortClause,
      valuesLists,
    ])
      this.#expressions(one, scope);
    this.#order(select, scope);
    this.#finish(scope);
  }

  /** Adds what a FROM names to the scope; gives the conditions of its joins. */
  #from(node: Node, scope: Scope): Node[] {
    if ("RangeVar" in node) this.#table(node.RangeVar, scope);
    else if ("RangeSubselect" in node) {
      const { subquery, alias, lateral } = node.RangeSubselect;
      if (subquery !== undefined)
        this.statement(subquery, lateral === true ? scope : scope.parent, scope.hidden);
      scope.relations.push(newRelation(alias?.aliasname ?? "", null));
    } else if ("RangeFunction" in node) {
      this.#expressions(node.RangeFunction.functions, scope);
      scope.relations.push(newRelation(node.RangeFunction.alias?.aliasname ?? "", null));
    } else if ("JoinExpr" in node) return this.#join(node.JoinExpr, scope);
    return [];
  }

  #join({ larg, rarg, quals, usingClause }: JoinExpr, scope: Scope): Node[] {
    const first = scope.relations.length;
    const left = larg === undefined ? [] : this.#from(larg, scope);
    const second = scope.relations.length;
    const right = rarg === undefined ? [] : this.#from(rarg, scope);
    const sides = [scope.relations.slice(first, second), scope.relations.slice(second)];
    for (const name of stringValues(usingClause)) for (const side of sides) this.#using(side, name);
    return [...left, ...right, ...(quals === undefined ? [] : [quals])];
  }

  #using(side: readonly Relation[], name: string): void {
    const node: Node = { ColumnRef: { fields: [{ String: { sval: name } }] } };
    const scope: Scope = { relations: [...side], parent: null, hidden: new Set() };
    const found = keyOf(scope, this.#catalogue.immutable, node);
    if (found === null) return;
    found.relation.equal.set(found.key.canonical, { ...found.key, to: "column" });
    found.relation.used?.add(name);
  }

  #table({ relname = "", schemaname, alias }: RangeVar, scope: Scope): void {
    const isHidden = schemaname === undefined && scope.hidden.has(relname);
    const table = isHidden ? null : findTable(this.#catalogue, relname, schemaname);
    scope.relations.push(newRelation(alias?.aliasname ?? relname, table));
  }

  #conditions(conditions: readonly Node[], scope: Scope): void {
    const alternative = (arm: Node) => {
      // Only what the arm says of a table counts for its index.
      const apart: Scope = {
        ...scope,
        relations: scope.relations.map(({ alias, table }) => newRelation(alias, table)),
      };
      readCondition({ scope: apart, immutable: this.#catalogue.immutable, alternative }, arm);
      for (const relation of apart.relations) relation.used = null;
      this.#finish(apart);
    };
    for (const condition of conditions)
      readCondition({ scope, immutable: this.#catalogue.immutable, alternative }, condition);
  }

  /** Notes the columns that expressions read, and reads the subqueries within. */
  #expressions(value: unknown, scope: Scope): void {
    walkTree(value, (name, body) => {
      if (name === "SelectStmt") {
        this.#select(body, scope, scope.hidden);
        return false;
      }
      if (name !== "ColumnRef") return true;
      const fields = "fields" in body && Array.isArray(body.fields) ? (body.fields as Node[]) : [];
      if (fields.some((one) => "A_Star" in one)) this.#star(scope, stringValues(fields).at(-1));
      else {
        const found = findColumn(scope, { fields });
        found?.relation.used?.add(found.column.name);
        // The name of a table is its whole row.
        const [alone] = stringValues(fields);
        const whole = found === null && alone !== undefined ? relationNamed(scope, alone) : null;
        if (whole !== null) whole.used = null;
      }
      return false;
    });
  }

  #star(scope: Scope, alias: string | undefined): void {
    const meant = alias === undefined ? scope.relations : [relationNamed(scope, alias)];
    for (const relation of meant) if (relation !== null) relation.used = null;
  }

  #order({ sortClause, groupClause, distinctClause, targetList = [] }: SelectStmt, scope: Scope): void {
    const outputs = new Map(
      targetList.flatMap((one) =>
        "ResTarget" in one && one.ResTarget.name !== undefined && one.ResTarget.val !== undefined
          ? [[one.ResTarget.name, one.ResTarget.val] as const]
          : [],
      ),
    );
    const plain = (nodes: readonly Node[]): SortBy[] => nodes.map((node) => ({ node }));
    const sorted = (sortClause ?? []).flatMap((one) => ("SortBy" in one ? [one.SortBy] : []));
    const isDistinct = distinctClause?.some((one) => Object.keys(one).length > 0) === true;
    const wanted =
      sorted.length > 0 ? sorted : plain(groupClause ?? (isDistinct ? (distinctClause ?? []) : []));
    const keys: { relation: Relation; key: OrderedKey }[] = [];
    for (const { node, sortby_dir, sortby_nulls } of wanted) {
      const meant = node === undefined ? undefined : outputOf(node, outputs, targetList);
      const found = meant && keyOf(scope, this.#catalogue.immutable, meant);
      // Behind what no index can order, nothing more can be ordered by one.
      if (!found) break;
      const isDescending = sortby_dir === "SORTBY_DESC";
      const nullsFirst =
        sortby_nulls === "SORTBY_NULLS_FIRST" || (isDescending && sortby_nulls !== "SORTBY_NULLS_LAST");
      keys.push({ relation: found.relation, key: { ...found.key, isDescending, nullsFirst } });
    }
    const [first] = keys;
    for (const { relation, key } of keys) {
      if (relation !== first?.relation) break;
      relation.order.push(key);
    }
  }

  #finish({ relations }: Scope): void {
    for (const { table, equal, range, contained, predicates, order, used } of relations) {
      if (table === null) continue;
      this.accesses.push({
        table,
        equal: [...equal.values()],
        range: [...range.values()],
        contained: [...contained.values()],
        predicates: [...predicates.values()],
        order,
        used,
      });
    }
  }
}

/** What ORDER BY and GROUP BY mean by a name or a number of an output column. */
function outputOf(node: Node, outputs: ReadonlyMap<string, Node>, targetList: readonly Node[]): Node {
  if ("A_Const" in node && node.A_Const.ival !== undefined) {
    const target = targetList[(node.A_Const.ival.ival ?? 0) - 1];
    return target !== undefined && "ResTarget" in target ? (target.ResTarget.val ?? node) : node;
  }
  const [name, more] = "ColumnRef" in node ? stringValues(node.ColumnRef.fields) : [];
  return name !== undefined && more === undefined ? (outputs.get(name) ?? node) : node;
}
