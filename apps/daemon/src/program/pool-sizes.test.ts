import { expect, it } from "vitest";
import { poolSizes } from "./pool-sizes.ts";

it.each([
  [4, 2, 2],
  [5, 2, 3],
  [8, 4, 4],
  [16, 10, 6],
  [40, 34, 6],
])("of %i connections the primary has %i and the background %i", (connections, primary, background) => {
  expect(poolSizes(connections)).toMatchObject({ primary, background });
});
