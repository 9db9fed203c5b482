import { describe, expect, it } from "vitest";
import { stateStream, stateSubject } from "../../src/keys/state-subject.ts";
import { type WalkOptions, walkBucket } from "../../src/store/walk-bucket.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

const agentId = crypto.randomUUID();
const subjectOf = (n: number) => stateSubject({ agentId, stateKey: `key-${n}` });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function fill(lab: SyncLab, from: number, to: number): Promise<void> {
  for (const n of numbers(from, to)) await lab.putRaw(subjectOf(n), `${n}`);
}

/** Purges keys as anybody may, and asks for the consumers: a server that moved them takes note of it then. */
async function purge({ link }: SyncLab, keys: readonly number[], upTo?: number): Promise<void> {
  for (const n of keys)
    await link.manager.streams.purge(
      stateStream,
      upTo === undefined ? { filter: subjectOf(n) } : { filter: subjectOf(n), seq: upTo },
    );
  await link.manager.consumers.list(stateStream).next();
}

/** Walks, and does something after each batch. */
async function walked(
  { link }: SyncLab,
  options: Partial<WalkOptions>,
  meanwhile: (found: number) => Promise<void>,
) {
  const found: { readonly sequence: number; readonly text: string }[] = [];
  for await (const messages of walkBucket(link, { headersOnly: false, batch: 20, ...options })) {
    for (const { sequence, data } of messages) found.push({ sequence, text: Buffer.from(data).toString() });
    await meanwhile(found.length);
  }
  return found;
}

const walks = [
  ["the last message of each key", {}, 1],
  ["the last message of each key of an agent", { agentId }, 1],
  ["every message behind one", { after: 5 }, 6],
] as const;

describe("a walk over the bucket gives out", () => {
  it.each(walks)("%s, once, also while others purge keys", async (_, options, first) => {
    await using lab = await openSyncLab();
    await fill(lab, 1, 200);
    let purged = 201;
    // Each time it takes the five last keys away that are left.
    const found = await walked(lab, options, async () => {
      if (purged <= 181) return;
      purged -= 5;
      await purge(lab, numbers(purged, purged + 4));
    });
    const there = numbers(first, purged - 1);
    expect(found).toEqual(there.map((n) => ({ sequence: n, text: `${n}` })));
    expect(purged).toBe(181);
  });

  it.each(walks)("%s, also when others purge what a key had before", async (_, options, first) => {
    await using lab = await openSyncLab();
    await fill(lab, 1, 100);
    await lab.putRaw(subjectOf(1), "again");
    await fill(lab, 102, 150);
    const found = await walked(lab, options, async (count) => {
      if (count === 20) await purge(lab, [1], 50);
    });
    expect(found.map(({ sequence }) => sequence)).toEqual(numbers(Math.max(2, first), 150));
  });

  it("headers alone where it is asked for them, also of what it has to ask for by itself", async () => {
    await using lab = await openSyncLab();
    await fill(lab, 1, 100);
    const found = await walked(lab, { after: 0, headersOnly: true }, () => purge(lab, [100]));
    expect(found).toEqual(numbers(1, 99).map((sequence) => ({ sequence, text: "" })));
  });
});
