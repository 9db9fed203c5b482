import { describe, expect, it } from "vitest";
import { coloursFor } from "./colours.ts";

const painted = (wish: Parameters<typeof coloursFor>[0]) => coloursFor(wish).red("x") !== "x";

describe("choosing colours", () => {
  it.each([
    ["a terminal", { isTerminal: true, env: {} }, true],
    ["a pipe", { isTerminal: false, env: {} }, false],
    ["a pipe in CI", { isTerminal: false, env: { CI: "1" } }, false],
    ["a dumb terminal", { isTerminal: true, env: { TERM: "dumb" } }, false],
    ["NO_COLOR on a terminal", { isTerminal: true, env: { NO_COLOR: "1" } }, false],
    ["an empty NO_COLOR", { isTerminal: true, env: { NO_COLOR: "" } }, true],
    ["FORCE_COLOR in a pipe", { isTerminal: false, env: { FORCE_COLOR: "1" } }, true],
    ["FORCE_COLOR=0 on a terminal", { isTerminal: true, env: { FORCE_COLOR: "0" } }, false],
    ["--no-color against FORCE_COLOR", { isTerminal: true, env: { FORCE_COLOR: "1" }, flag: false }, false],
    ["--color against NO_COLOR", { isTerminal: false, env: { NO_COLOR: "1" }, flag: true }, true],
  ])("for %s", (_name, wish, expected) => {
    expect(painted(wish)).toBe(expected);
  });
});
