import { expect, it } from "vitest";
import { partsOf, restOf } from "./part-values.ts";

const values = [
  { database: "app", role: "web", value: 1 },
  { database: "app", role: "etl", value: 2 },
  { database: "lake", role: "etl", value: 3 },
];

it("gives a database or a role its own values, and the rest to all", () => {
  const of = (scope: "database" | "role", scopeName: string) =>
    partsOf(values, { scope, scopeName }).map(({ value }) => value);
  expect(of("role", "etl")).toEqual([2, 3]);
  expect(of("database", "app")).toEqual([1, 2]);
  expect(of("role", "app")).toEqual([]);
  const rest = (...scopes: ["database" | "role", string][]) =>
    restOf(
      values,
      scopes.map(([scope, scopeName]) => ({ scope, scopeName })),
    ).map(({ value }) => value);
  expect(rest()).toEqual([1, 2, 3]);
  expect(rest(["role", "etl"])).toEqual([1]);
  expect(rest(["role", "web"], ["database", "lake"])).toEqual([2]);
});
