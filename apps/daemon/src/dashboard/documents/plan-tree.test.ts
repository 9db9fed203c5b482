import { expect, it } from "vitest";
import { planNode, planTree } from "./plan-tree.ts";

const scan = {
  "Node Type": "Index Scan",
  "Parent Relationship": "Inner",
  "Relation Name": "tasks",
  "Index Name": "tasks_pkey",
  Alias: "t",
  "Total Cost": 8.3,
  "Plan Rows": 1,
  "Index Cond": "(id = a.id)",
};

it("makes a tree of what EXPLAIN gives, with each node's own cost and its conditions", () => {
  const outer = {
    "Node Type": "Seq Scan",
    "Relation Name": "a",
    Alias: "a",
    "Total Cost": 1.5,
    "Plan Rows": 9,
  };
  const join = { "Node Type": "Nested Loop", "Join Type": "Left", "Total Cost": 20, "Plan Rows": 9 };
  const tree = planTree([{ Plan: { ...join, Plans: [outer, scan] } }]);
  expect(tree).toMatchObject({
    kind: "Nested Loop (Left)",
    on: null,
    cost: 20,
    ownCost: expect.closeTo(10.2),
    below: [
      { kind: "Seq Scan", on: "a", role: null, below: [] },
      {
        kind: "Index Scan",
        on: "tasks t by tasks_pkey",
        role: "Inner",
        details: [{ name: "Index Cond", text: "(id = a.id)" }],
      },
    ],
  });
  expect(planNode.parse(tree)).toEqual(tree);
});

it("takes less than nothing for the own cost of no node", () => {
  const limit = { "Node Type": "Limit", "Total Cost": 1, "Plan Rows": 1, Plans: [scan] };
  expect(planTree([{ Plan: limit }])).toMatchObject({ ownCost: 0 });
});

it.each([null, {}, [], [{}], [{ Plan: { "Node Type": 7 } }], "plan", [{ Plan: null }]])(
  "makes none of %j",
  (plan) => {
    expect(planTree(plan)).toBeNull();
  },
);

it("ends where a plan is deeper than any", () => {
  let node: object = scan;
  for (let depth = 0; depth < 5_000; depth += 1)
    node = { "Node Type": "Append", "Total Cost": 1, "Plan Rows": 1, Plans: [node] };
  expect(planTree([{ Plan: node }])).not.toBeNull();
});
