import type { PlanNode } from "./planned-statement.ts";

/** What a node of a plan does to what, in one line, as `Index Scan using orders_pkey on sales.orders o`; no costs. */
export function nodeLabel(node: PlanNode): string {
  const words = [
    word(node, "Strategy") === "Hashed" ? "Hash" : word(node, "Strategy") === "Sorted" ? "Group" : "",
    word(node, "Partial Mode") === "Partial" || word(node, "Partial Mode") === "Finalize"
      ? word(node, "Partial Mode")
      : "",
    word(node, "Operation") || kindOf(node),
    joinOf(node),
    indexOf(node),
    targetOf(node),
  ];
  return words.filter((each) => each !== "").join(" ");
}

/** A text of a node; empty where it has none. */
export function word(node: PlanNode, key: string): string {
  const value = node[key];
  return typeof value === "string" ? value : "";
}

function kindOf(node: PlanNode): string {
  const kind = node["Node Type"];
  return node["Scan Direction"] === "Backward" ? `${kind} Backward` : kind;
}

function joinOf(node: PlanNode): string {
  const join = word(node, "Join Type");
  return join === "" || join === "Inner" ? "" : `${join} Join`;
}

function indexOf(node: PlanNode): string {
  const index = word(node, "Index Name");
  return index === "" ? "" : `using ${index}`;
}

function targetOf(node: PlanNode): string {
  const name =
    word(node, "Relation Name") ||
    word(node, "Function Name") ||
    word(node, "CTE Name") ||
    word(node, "Tuplestore Name");
  const alias = word(node, "Alias");
  if (name === "") return alias === "" ? "" : `on ${alias}`;
  const schema = word(node, "Schema");
  const full = schema === "" ? name : `${schema}.${name}`;
  return alias === "" || alias === name ? `on ${full}` : `on ${full} ${alias}`;
}
