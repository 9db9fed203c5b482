import { headers } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { findOwnAhead } from "../../src/flush/own-ahead.ts";
import { withOwnThatFollow } from "../../src/flush/own-that-follow.ts";
import { isWrite, type ReadMessage, readMessage } from "../../src/flush/read-message.ts";
import { operationHeader, originHeader, originPostgres, rowHeader } from "../../src/keys/state-headers.ts";
import { stateSubject } from "../../src/keys/state-subject.ts";
import { openSyncLab } from "../support/sync-lab.ts";

describe("what we wrote ourselves behind a position", () => {
  it.each([
    ["the keys are remembered", 10, ["changed-0", "changed-1", "changed-2", "deleted"]],
    ["there are too many to remember, and each is taken to be followed", 2, undefined],
  ])("comes in place of what it follows, where %s", async (_, mostRemembered, remembered) => {
    await using lab = await openSyncLab();
    const agentId = crypto.randomUUID();
    const keys = ["changed-0", "changed-1", "changed-2", "deleted", "other"];
    const read: ReadMessage[] = [];
    for (const stateKey of keys) {
      const subject = stateSubject({ agentId, stateKey });
      const sequence = await lab.putRaw(subject, '"by an agent"');
      const data = Buffer.from('"by an agent"');
      read.push(readMessage({ sequence, subject, data, headers: headers(), storedAtMs: 0 }, 1_000));
    }
    const own = { [originHeader]: originPostgres, [rowHeader]: "7 2026-01-01T00:00:00.000000Z" };
    for (const stateKey of keys.slice(0, 3)) await lab.put(agentId, stateKey, "from the row", own);
    const gone = { [originHeader]: originPostgres, [operationHeader]: "DEL" };
    await lab.putRaw(stateSubject({ agentId, stateKey: "deleted" }), "", gone);
    let progress = 0;
    const { follows } = await findOwnAhead(lab.link, {
      after: 0,
      upTo: 9,
      signal: new AbortController().signal,
      mostRemembered,
      onProgress: () => {
        progress += 1;
      },
    });
    expect(progress).toBe(1);
    const followed = read.filter(follows).map(({ subject }) => subject);
    expect(followed).toEqual((remembered ?? keys).map((stateKey) => stateSubject({ agentId, stateKey })));
    const written = await withOwnThatFollow(lab.link, read, follows);
    const values = written.map(({ write }) => isWrite(write) && Buffer.from(write.value ?? []).toString());
    const fromRow = '"from the row"';
    expect(values).toEqual([fromRow, fromRow, fromRow, false, '"by an agent"']);
  });
});
