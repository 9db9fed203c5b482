import { describe, expect, it } from "vitest";
import { coversSubject } from "./covers-subject.ts";

describe("a pattern", () => {
  it.each([
    ["tasks.started.>", "tasks.started.mail.1"],
    ["tasks.started.>", "tasks.started.*.1"],
    ["tasks.>", "tasks.started.>"],
    ["tasks.*.>", "tasks.started.>"],
    ["tasks.*", "tasks.started"],
    [">", "a"],
    ["a.b", "a.b"],
  ])("%s covers %s", (pattern, subject) => {
    expect(coversSubject(["other", pattern], subject)).toBe(true);
  });

  it.each([
    ["tasks.started.>", "tasks.started"],
    ["tasks.started.>", "tasks.>"],
    ["tasks.*", "tasks.>"],
    ["tasks.*", "tasks.started.x"],
    ["tasks.started", "tasks.*"],
    ["a.b.c", "a.b"],
    ["a.b", "a.b.c"],
  ])("%s does not cover %s", (pattern, subject) => {
    expect(coversSubject([pattern], subject)).toBe(false);
  });
});
