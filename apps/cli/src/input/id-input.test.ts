import { expect, it } from "vitest";
import { idsInput } from "./id-input.ts";

const right = "0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11";

it.each([
  [["bad"], /^expected an id as the lists show it/],
  [["bad", "worse"], /^expected an id as the lists show it/],
  [["bad", right, "worse"], /^bad, worse: expected an id as the lists show it/],
])("names of %j those that are no ids, unless all are", (given, message) => {
  const refused = idsInput.safeParse(given);
  expect(refused.error?.issues[0]?.message).toMatch(message);
});
