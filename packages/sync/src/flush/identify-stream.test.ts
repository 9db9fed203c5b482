import { describe, expect, it } from "vitest";
import { identifyStream, type StreamLook } from "./identify-stream.ts";
import type { Position } from "./position.ts";

const position: Position = { incarnation: 3, sequence: 100, anchorMs: 5_000, createdMs: 1_000 };
const look: StreamLook = {
  createdMs: 1_000,
  lastSequence: 120,
  anchorMs: 5_000,
  lastUntilAnchor: undefined,
};

describe("a stream", () => {
  it.each([
    ["is read for the first time without a position", undefined, look, "first"],
    ["is the same when its message at the position is", position, look, "same"],
    [
      "is the same when that message was superseded, and what was stored later has higher numbers",
      position,
      { ...look, anchorMs: undefined, lastUntilAnchor: 100 },
      "same",
    ],
    [
      "has lost its end when that message is not there and a later one has a number that was read",
      position,
      { ...look, anchorMs: undefined, lastUntilAnchor: 60 },
      "tail lost",
    ],
    ["is the same when nothing was written since", position, { ...look, lastSequence: 100 }, "same"],
    ["is another one when it was made at another time", position, { ...look, createdMs: 1_001 }, "recreated"],
    [
      "is another one also when it has more messages by now",
      position,
      { createdMs: 9, lastSequence: 500, anchorMs: 7, lastUntilAnchor: undefined },
      "recreated",
    ],
    [
      "has lost its end when it has fewer messages",
      position,
      { ...look, lastSequence: 99, anchorMs: undefined },
      "tail lost",
    ],
    ["has lost its end when another message is there", position, { ...look, anchorMs: 6_000 }, "tail lost"],
    [
      "that was empty when it was read is the same",
      { ...position, sequence: 0, anchorMs: undefined },
      { ...look, anchorMs: undefined },
      "same",
    ],
  ] as const)("%s", (_title, stored, shown, identity) => {
    expect(identifyStream(stored, shown)).toBe(identity);
  });
});
