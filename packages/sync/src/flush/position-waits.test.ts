import { describe, expect, it } from "vitest";
import type { Position } from "./position.ts";
import { PositionWaits } from "./position-waits.ts";

const at = (sequence: number): Position => ({ incarnation: 1, sequence, anchorMs: 1, createdMs: 1 });

describe("waiting for a position", () => {
  it("ends when it is reached or passed, for each at its own", async () => {
    const waits = new PositionWaits();
    const reached: number[] = [];
    const waiting = [3, 5].map((sequence) => waits.reached(sequence).then(() => reached.push(sequence)));
    waits.moved(at(2));
    waits.moved(at(4));
    await waiting[0];
    expect(reached).toEqual([3]);
    waits.moved(at(5));
    await Promise.all(waiting);
    await waits.reached(5);
    expect(waits.position).toEqual(at(5));
  });

  it("ends with its signal, before and meanwhile", async () => {
    const waits = new PositionWaits();
    const stopping = new AbortController();
    const waiting = expect(waits.reached(1, stopping.signal)).rejects.toMatchObject({ code: "ABORTED" });
    stopping.abort();
    await waiting;
    await expect(waits.reached(1, stopping.signal)).rejects.toMatchObject({ code: "ABORTED" });
  });
});
