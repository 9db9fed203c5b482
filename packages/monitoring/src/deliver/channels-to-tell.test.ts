import { expect, it } from "vitest";
import { channelsToTell } from "./channels-to-tell.ts";

const channels = ["log", "pager", "mail", "watchdog"].map((name) => ({
  name,
  isAlwaysTold: name === "log",
  isToldUnnamed: name !== "watchdog",
}));

it.each([
  ["all where none is named", [], ["log", "pager", "mail"], []],
  ["those that are named, and who is always told", ["pager"], ["log", "pager"], []],
  ["one that is told of nothing else where it is named", ["watchdog"], ["log", "watchdog"], []],
  ["those that there are", ["pager", "gone"], ["log", "pager"], ["gone"]],
  ["all where those that are named are all gone", ["gone"], ["log", "pager", "mail"], ["gone"]],
])("tells %s", (_, named, told, unknown) => {
  expect(channelsToTell(named, channels)).toEqual({ told, unknown });
});
