import { describe, expect, it } from "vitest";
import { decideMirror, type InBucket, type MirrorFacts } from "./decide-mirror.ts";

const value: InBucket = {
  sequence: 7,
  fromPostgres: false,
  fromLaterRow: false,
  deleted: false,
  sameAsRow: false,
};
const facts: MirrorFacts = { last: value, rowExists: true, agentActive: true, flushedTo: 7 };

describe("a row that was changed by SQL", () => {
  it.each<[string, Partial<MirrorFacts>, object]>([
    ["overwrites a value that is flushed", {}, { do: "put", expected: 7 }],
    ["leaves a value that is not flushed", { flushedTo: 6 }, { do: "nothing", why: "not flushed" }],
    [
      "leaves a deletion that is not flushed",
      { last: { ...value, deleted: true }, flushedTo: 6 },
      { do: "nothing", why: "not flushed" },
    ],
    [
      "overwrites what came from PostgreSQL, which the flusher may not have passed yet",
      { last: { ...value, fromPostgres: true }, flushedTo: 6 },
      { do: "put", expected: 7 },
    ],
    [
      "leaves what came from a later row than there is",
      { last: { ...value, fromPostgres: true, fromLaterRow: true } },
      { do: "nothing", why: "later" },
    ],
    [
      "leaves an equal value as it is",
      { last: { ...value, sameAsRow: true } },
      { do: "nothing", why: "level" },
    ],
    [
      "comes back after a deletion",
      { last: { ...value, deleted: true, sameAsRow: false } },
      { do: "put", expected: 7 },
    ],
    ["and is gone deletes the value", { rowExists: false }, { do: "delete", expected: 7 }],
    [
      "and is gone is gone once",
      { rowExists: false, last: { ...value, deleted: true } },
      { do: "nothing", why: "level" },
    ],
    ["is put where an active agent has none", { last: undefined }, { do: "put", expected: 0 }],
    [
      "is not brought in for an agent that is not active",
      { last: undefined, agentActive: false },
      { do: "nothing", why: "cold" },
    ],
    [
      "and is gone does nothing to what the bucket never had",
      { last: undefined, rowExists: false },
      { do: "nothing", why: "cold" },
    ],
  ])("%s", (_title, change, step) => {
    expect(decideMirror({ ...facts, ...change })).toEqual(step);
  });
});
