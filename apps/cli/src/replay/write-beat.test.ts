import { describe, expect, it } from "vitest";
import type { Write } from "./plan/plan.ts";
import { batchesOf } from "./write-beat.ts";

const message = (id: string): Write => ({ kind: "insert", table: "messages.log", row: { message_id: id } });
const fact: Write = { kind: "insert", table: "knowledge.facts", row: {} };
const state = (key: string): Write => ({ kind: "put-state", row: { state_key: key } });
const update: Write = { kind: "update", table: "tasks.queue", key: {}, set: {} };

const shapes = (writes: readonly Write[]) =>
  batchesOf(writes).map((batch) =>
    batch.kind === "update" ? "update" : `${batch.kind} ${batch.rows.length}`,
  );

describe("putting writes into statements", () => {
  it("joins neighbours of the same table and keeps the order", () => {
    expect(shapes([message("1"), message("2"), fact, message("3"), update, state("a"), state("b")])).toEqual([
      "insert 2",
      "insert 1",
      "insert 1",
      "update",
      "put-state 2",
    ]);
  });

  it("writes the same key of a state in statements of their own", () => {
    expect(shapes([state("a"), state("b"), state("a")])).toEqual(["put-state 2", "put-state 1"]);
  });
});
