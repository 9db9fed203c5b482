import { z } from "zod";

/** A node of a plan as the page shows it. */
export interface PlanNode {
  /** What it does: `Index Scan`. */
  readonly kind: string;
  /** On what: a table, an index, a function; null for none. */
  readonly on: string | null;
  /** How it is bound to the node above, where that says something: `Inner`, `SubPlan`. */
  readonly role: string | null;
  /** What it and all below it cost, in units of the planner. */
  readonly cost: number;
  /** What it costs without what is below it. */
  readonly ownCost: number;
  readonly rows: number;
  /** Its conditions, and what else explains it: a name and a text. */
  readonly details: readonly { readonly name: string; readonly text: string }[];
  readonly below: readonly PlanNode[];
}

/** Parses a node of a plan, with all below it. */
export const planNode: z.ZodType<PlanNode> = z.strictObject({
  kind: z.string(),
  on: z.string().nullable(),
  role: z.string().nullable(),
  cost: z.number(),
  ownCost: z.number(),
  rows: z.number(),
  details: z.array(z.strictObject({ name: z.string(), text: z.string() })),
  get below() {
    return z.array(planNode);
  },
});

const number = z.number().catch(0);
const explained = z.looseObject({ "Node Type": z.string(), "Total Cost": number, "Plan Rows": number });
const shownDetails = [
  "Index Cond",
  "Recheck Cond",
  "Hash Cond",
  "Merge Cond",
  "Join Filter",
  "Filter",
  "Sort Key",
  "Presorted Key",
  "Group Key",
  "Cache Key",
  "Order By",
  "Workers Planned",
  "Strategy",
  "Operation",
] as const;
const deepest = 100;
const longestDetail = 2_000;

/** The tree of what `EXPLAIN (FORMAT JSON)` gives; null for what has no such form. */
export function planTree(plan: unknown): PlanNode | null {
  const [first] = z
    .array(z.looseObject({ Plan: z.unknown() }))
    .catch([])
    .parse(plan);
  return first === undefined ? null : nodeOf(first.Plan, 0);
}

function nodeOf(given: unknown, depth: number): PlanNode | null {
  const { success, data: node } = explained.safeParse(given);
  if (!success || depth > deepest) return null;
  const below = z
    .array(z.unknown())
    .catch([])
    .parse(node["Plans"])
    .map((one) => nodeOf(one, depth + 1))
    .filter((one) => one !== null);
  const cost = node["Total Cost"];
  return {
    kind: kindOf(node),
    on: targetOf(node),
    role: roleOf(node),
    cost,
    // A node that stops early costs less than what is below it.
    ownCost: Math.max(0, cost - below.reduce((all, one) => all + one.cost, 0)),
    rows: node["Plan Rows"],
    details: shownDetails.flatMap((name) => {
      const text = textOf(node[name]);
      return text === null ? [] : [{ name, text: text.slice(0, longestDetail) }];
    }),
    below,
  };
}

type Explained = z.output<typeof explained>;

function kindOf(node: Explained): string {
  const join = textOf(node["Join Type"]);
  const partial = textOf(node["Partial Mode"]);
  const kind = node["Node Type"];
  const isJoin = join !== null && join !== "Inner";
  return [
    partial !== null && partial !== "Simple" ? partial : null,
    node["Parallel Aware"] === true ? "Parallel" : null,
    isJoin ? `${kind} (${join})` : kind,
  ]
    .filter((word) => word !== null)
    .join(" ");
}

function targetOf(node: Explained): string | null {
  const [index, relation, alias] = [
    textOf(node["Index Name"]),
    textOf(node["Relation Name"]),
    textOf(node["Alias"]),
  ];
  const table =
    relation === null ? null : alias !== null && alias !== relation ? `${relation} ${alias}` : relation;
  if (index !== null) return table === null ? index : `${table} by ${index}`;
  return table ?? textOf(node["CTE Name"]) ?? textOf(node["Function Name"]) ?? textOf(node["Subplan Name"]);
}

function roleOf(node: Explained): string | null {
  const role = textOf(node["Parent Relationship"]);
  return role === null || role === "Outer" || role === "Member" ? null : role;
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > 0) return value.map(String).join(", ");
  return null;
}
