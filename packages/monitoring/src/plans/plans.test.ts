import { expect, it } from "vitest";
import { comparePlans } from "./compare-plans.ts";
import { planLines, planLineText } from "./plan-lines.ts";
import { planShape } from "./plan-shape.ts";
import type { PlanNode, PlannedStatement } from "./planned-statement.ts";

const planOf = (Plan: PlanNode): PlannedStatement => [{ Plan }];
const scan = (table: string, more: object = {}): PlanNode => ({
  "Node Type": "Seq Scan",
  "Relation Name": table,
  Alias: table,
  "Total Cost": 10.5,
  "Plan Rows": 3,
  ...more,
});
const byIndex = (table: string, index: string): PlanNode => ({
  ...scan(table),
  "Node Type": "Index Scan",
  "Index Name": index,
  "Index Cond": "(id = $1)",
});
const node = (kind: string, ...Plans: readonly PlanNode[]): PlanNode => ({ "Node Type": kind, Plans });

it("shows a plan as a tree, with costs, and counts where there are some", () => {
  const plan = planOf({
    ...node(
      "Nested Loop",
      scan("a", { Schema: "s", Alias: "x", Filter: "(b > $1)" }),
      byIndex("c", "c_pkey"),
    ),
    "Join Type": "Left",
    "Actual Rows": 2,
    "Actual Loops": 1,
  });
  expect(planLines(plan).flatMap(planLineText)).toEqual([
    "Nested Loop Left Join  (actual rows 2, loops 1)",
    "  Seq Scan on s.a x  (cost 10.5, rows 3)",
    "      Filter: (b > $1)",
    "  Index Scan using c_pkey on c  (cost 10.5, rows 3)",
    "      Index Cond: (id = $1)",
  ]);
});

it("gives plans one shape that go about it alike, whatever they cost", () => {
  const shape = planShape(planOf(node("Limit", scan("a"))));
  expect(planShape(planOf(node("Limit", scan("a", { "Total Cost": 99_999, "Plan Rows": 1 }))))).toBe(shape);
  expect(planShape(planOf(node("Limit", scan("b"))))).not.toBe(shape);
  expect(planShape(planOf(node("Limit", byIndex("a", "a_pkey"))))).not.toBe(shape);
  expect(planShape(planOf(node("Limit", byIndex("a", "a_pkey"))))).not.toBe(
    planShape(planOf(node("Limit", byIndex("a", "a_other")))),
  );
  expect(planShape(planOf(node("Hash Join", scan("a"), scan("b"))))).not.toBe(
    planShape(planOf(node("Hash Join", scan("b"), scan("a")))),
  );
});

it("takes no partition that came or went for another shape, but one that is read otherwise", () => {
  const days = (...names: readonly string[]) => planOf(node("Append", ...names.map((name) => scan(name))));
  expect(planShape(days("d1", "d2"))).toBe(planShape(days("d2", "d3", "d4")));
  expect(planShape(planOf(node("Append", scan("d1"), byIndex("d2", "d2_at"))))).not.toBe(
    planShape(days("d1", "d2")),
  );
});

const compared = (before: PlanNode, after: PlanNode) =>
  comparePlans(planOf(before), planOf(after)).map(
    (line) => `${{ both: " ", before: "-", after: "+" }[line.in]} ${"  ".repeat(line.depth)}${line.label}`,
  );

it("shows two plans as one tree, with what went and what came", () => {
  expect(compared(node("Limit", scan("a")), node("Limit", byIndex("a", "a_pkey")))).toEqual([
    "  Limit",
    "-   Seq Scan on a",
    "+   Index Scan using a_pkey on a",
  ]);
  expect(
    compared(
      node("Sort", node("Hash Join", scan("a"), node("Hash", scan("b")))),
      node("Sort", node("Nested Loop", scan("a"), byIndex("b", "b_pkey"))),
    ),
  ).toEqual([
    "  Sort",
    "-   Hash Join",
    "+   Nested Loop",
    "      Seq Scan on a",
    "-     Hash",
    "+     Index Scan using b_pkey on b",
    "-       Seq Scan on b",
  ]);
  expect(compared(node("Append", scan("d1"), scan("d2")), node("Append", scan("d2"), scan("d3")))).toEqual([
    "  Append",
    "-   Seq Scan on d1",
    "    Seq Scan on d2",
    "+   Seq Scan on d3",
  ]);
});

it("shows no difference between a plan and itself", () => {
  const plan = node("Sort", node("Hash Join", scan("a"), node("Hash", scan("b"))));
  expect(comparePlans(planOf(plan), planOf(plan)).every((line) => line.in === "both")).toBe(true);
});
