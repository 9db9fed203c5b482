import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chunkBytes, headerBytes, tagBytes } from "./chunk-format.ts";
import { masterKeys } from "./master-keys.ts";
import { openChunks } from "./open-chunks.ts";
import { sealChunks } from "./seal-chunks.ts";
import { newDataKey, openDataKey, rewrapKey } from "./wrapped-key.ts";

const key = randomBytes(32);
const name = "base/1/data";

async function* streamOf(bytes: Uint8Array, step = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += step) yield bytes.subarray(from, from + step);
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

const seal = (plain: Uint8Array, step?: number) => bytesOf(sealChunks(streamOf(plain, step), key, name));
const open = (sealed: Uint8Array, { dataKey = key, as = name, step = 65_536 } = {}) =>
  bytesOf(openChunks(streamOf(sealed, step), dataKey, as));

describe("a sealed object", () => {
  it.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 3 * chunkBytes + 17])(
    "of %i bytes opens as it was, however it comes",
    async (size) => {
      const plain = randomBytes(size);
      for (const step of [chunkBytes * 4, 100_003]) {
        const sealed = await seal(plain, step);
        const chunks = Math.floor(size / chunkBytes) + 1;
        expect(sealed.length).toBe(headerBytes + size + chunks * tagBytes);
        expect((await open(sealed, { step: 70_001 })).equals(plain)).toBe(true);
      }
    },
  );

  it("is another one each time, and shows nothing of what is in it", async () => {
    const plain = Buffer.alloc(1_000, "secret ");
    const [one, other] = [await seal(plain), await seal(plain)];
    expect(one.equals(other)).toBe(false);
    expect(one.includes("secret")).toBe(false);
  });

  it("is refused when it is cut off anywhere", async () => {
    const sealed = await seal(randomBytes(2_000));
    for (let length = 0; length < sealed.length; length += 1)
      await expect(open(sealed.subarray(0, length))).rejects.toMatchObject({ code: "DAMAGED" });
    // At the edge of a chunk, too, where what is left is whole in itself.
    const large = await seal(randomBytes(2 * chunkBytes + 5));
    for (const chunks of [0, 1, 2])
      await expect(
        open(large.subarray(0, headerBytes + chunks * (chunkBytes + tagBytes))),
      ).rejects.toMatchObject({
        code: "DAMAGED",
      });
  });

  it("is refused when any bit of it is another one, or something follows", async () => {
    const sealed = await seal(randomBytes(150));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(open(flipped)).rejects.toMatchObject({ code: "DAMAGED" });
    }
    await expect(open(Buffer.concat([sealed, Buffer.alloc(1)]))).rejects.toMatchObject({ code: "DAMAGED" });
  });

  it("is refused when its chunks change places, or one comes twice", async () => {
    const sealed = await seal(randomBytes(3 * chunkBytes + 5));
    const header = sealed.subarray(0, headerBytes);
    const chunk = (number: number) =>
      sealed.subarray(
        headerBytes + number * (chunkBytes + tagBytes),
        headerBytes + (number + 1) * (chunkBytes + tagBytes),
      );
    for (const order of [
      [1, 0, 2, 3],
      [0, 0, 1, 2, 3],
      [0, 2, 3],
    ])
      await expect(open(Buffer.concat([header, ...order.map(chunk)]))).rejects.toMatchObject({
        code: "DAMAGED",
      });
    expect((await open(Buffer.concat([header, ...[0, 1, 2, 3].map(chunk)]))).length).toBe(3 * chunkBytes + 5);
  });

  it("opens with its own key and under its own name only", async () => {
    const sealed = await seal(randomBytes(10));
    await expect(open(sealed, { as: "base/2/data" })).rejects.toMatchObject({ code: "DAMAGED" });
    await expect(open(sealed, { dataKey: randomBytes(32) })).rejects.toMatchObject({ code: "DAMAGED" });
  });
});

describe("the key of a backup", () => {
  const old = { old: randomBytes(32) };
  const both = { ...old, new: randomBytes(32) };

  it("opens with the master key that wrapped it, also when another one is current by now", () => {
    const { key: made, wrapped } = newDataKey(masterKeys("old", old), "1");
    const keys = masterKeys("new", both);
    expect(Buffer.from(openDataKey(keys, "1", wrapped)).equals(made)).toBe(true);
    const again = rewrapKey(keys, "1", wrapped);
    expect(again.keyId).toBe("new");
    expect(Buffer.from(openDataKey(masterKeys("new", { new: both.new }), "1", again)).equals(made)).toBe(
      true,
    );
    expect(rewrapKey(keys, "1", again)).toBe(again);
  });

  it("is refused without its master key, with another one of that id, under another name, and when it was changed", () => {
    const keys = masterKeys("old", old);
    const { wrapped } = newDataKey(keys, "1");
    expect(() => openDataKey(masterKeys("new", { new: both.new }), "1", wrapped)).toThrow(
      'no key "old" is known here',
    );
    expect(() => openDataKey(masterKeys("old", { old: randomBytes(32) }), "1", wrapped)).toThrow(
      "does not open",
    );
    expect(() => openDataKey(keys, "2", wrapped)).toThrow("does not open");
    const changed = Buffer.from(wrapped.wrapped, "base64");
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(() => openDataKey(keys, "1", { ...wrapped, wrapped: changed.toString("base64") })).toThrow(
      "does not open",
    );
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    ["a", { a: randomBytes(16) }, "the key a has 16 bytes"],
    ["a", { a: new Uint8Array(32) }, "is all zeros"],
    ["a", { "a b": randomBytes(32) }, '"a b" is no id of a key'],
    ["b", { a: randomBytes(32) }, 'there is no key of the current id "b"'],
    ["toString", {}, "there is no key of the current id"],
  ])("is wrapped by no master key that is none: %s", (current, keys, message) => {
    expect(() => masterKeys(current, keys)).toThrow(message);
  });
});
