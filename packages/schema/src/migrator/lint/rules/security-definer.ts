import type { Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { dottedName } from "../tree/names.ts";

/** SECURITY DEFINER without a fixed search_path. */
export const securityDefiner: LintRule = {
  name: "security-definer",
  severity: "error",
  title: "a SECURITY DEFINER function does not set search_path",
  why: "It runs with its owner's rights but finds tables and operators by its caller's search_path: whoever may create a table can make it act on that one.",
  instead: "Add `SET search_path = pg_catalog, pg_temp` and write every other name with its schema.",
  links: [manual("sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY")],
  directions: ["up", "down"],
  fires: [{ up: "CREATE FUNCTION shop.f() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';" }],
  passes: [
    {
      up: "CREATE FUNCTION shop.f() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';",
    },
    { up: "CREATE FUNCTION shop.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';" },
  ],
  checkStatement({ statement: { node } }) {
    const found = functionOf(node);
    if (found === undefined || !isDefiner(found.options) || found.options.some(setsSearchPath)) return [];
    return [
      {
        message: `"${found.name}" is SECURITY DEFINER and trusts its caller's search_path`,
        hint: "Add SET search_path = pg_catalog, pg_temp to the function.",
      },
    ];
  },
};

function functionOf(node: Node): { name: string; options: readonly Node[] } | undefined {
  if ("CreateFunctionStmt" in node) {
    return {
      name: dottedName(node.CreateFunctionStmt.funcname),
      options: node.CreateFunctionStmt.options ?? [],
    };
  }
  if ("AlterFunctionStmt" in node) {
    return {
      name: dottedName(node.AlterFunctionStmt.func?.objname),
      options: node.AlterFunctionStmt.actions ?? [],
    };
  }
  return undefined;
}

function isDefiner(options: readonly Node[]): boolean {
  return options.some((option) => {
    if (!("DefElem" in option) || option.DefElem.defname !== "security") return false;
    const value = option.DefElem.arg;
    return value !== undefined && "Boolean" in value && value.Boolean.boolval === true;
  });
}

function setsSearchPath(option: Node): boolean {
  if (!("DefElem" in option) || option.DefElem.defname !== "set") return false;
  const value = option.DefElem.arg;
  return value !== undefined && "VariableSetStmt" in value && value.VariableSetStmt.name === "search_path";
}
