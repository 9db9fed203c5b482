import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ObjectStore, openFolderStore, openS3Store } from "../../src/index.ts";
import { type S3Server, startS3Server } from "../support/s3-server.ts";

interface Place {
  readonly store: ObjectStore;
  /** Files that are there, whatever they are called. */
  readonly left: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

async function folder(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), "smith-store-"));
  return {
    store: await openFolderStore(path),
    left: async () =>
      (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((one) => one.isFile())
        .map(({ name }) => name),
    close: () => rm(path, { recursive: true }),
  };
}

async function bucket(): Promise<Place> {
  const server = await startS3Server();
  const store = openS3Store({ ...optionsOf(server), prefix: "of-tests/", partBytes: 5 * 1024 ** 2 });
  return {
    store,
    left: async () => {
      const names: string[] = [];
      for await (const { name } of store.list("")) names.push(name);
      return names;
    },
    close: async () => {
      await store[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

function optionsOf({ endpoint, bucket, credentials }: S3Server) {
  return { endpoint, bucket, credentials };
}

describe.each([
  ["a folder", folder],
  ["a bucket of S3", bucket],
])("a repository in %s", (_, open) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(async () => {
    await place.close();
  });
  const store = () => place.store;
  async function* of(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield Buffer.from(part);
  }
  async function contentOf(name: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of store().get(name)) parts.push(part);
    return Buffer.concat(parts);
  }
  async function namesOf(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of store().list(prefix)) names.push(name);
    return names.sort();
  }

  it.each([0, 1, 300_000, 12 * 1024 ** 2 + 7])("gives back %i bytes as they were", async (size) => {
    const bytes = randomBytes(size);
    const middle = Math.floor(size / 3);
    expect(await store().put("a/b/object", of(bytes.subarray(0, middle), bytes.subarray(middle)))).toBe(size);
    expect((await contentOf("a/b/object")).equals(bytes)).toBe(true);
    await store().remove(["a/b/object"]);
  });

  it("takes the place of what is there, or refuses to", async () => {
    await store().put("one", of("first"));
    await expect(store().put("one", of("second"), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(String(await contentOf("one"))).toBe("first");
    await store().put("one", of("third"));
    expect(String(await contentOf("one"))).toBe("third");
    await store().put("two", of("new"), { ifAbsent: true });
    expect(String(await contentOf("two"))).toBe("new");
    await store().remove(["one", "two"]);
  });

  it("lists by prefix", async () => {
    const names = ["list/b", "list/a/2", "list/a/10", "list/a-1", "list/Z", "listless"];
    for (const name of names) await store().put(name, of(name));
    expect(await namesOf("list/")).toEqual(["list/Z", "list/a-1", "list/a/10", "list/a/2", "list/b"]);
    expect(await namesOf("list/a")).toEqual(["list/a-1", "list/a/10", "list/a/2"]);
    expect(await namesOf("list/a/1")).toEqual(["list/a/10"]);
    expect(await namesOf("nothing/")).toEqual([]);
    for await (const { name, bytes, storedAt } of store().list("list/")) {
      expect(bytes).toBe(name.length);
      expect(Math.abs(Date.now() - storedAt.getTime())).toBeLessThan(3_600_000);
    }
    await store().remove([...names, "never/there"]);
    expect(await namesOf("list")).toEqual([]);
  });

  it("lists more than a page of them", async () => {
    const names = Array.from({ length: 1_100 }, (_, number) => `many/${String(number).padStart(4, "0")}`);
    for (let from = 0; from < names.length; from += 50)
      await Promise.all(names.slice(from, from + 50).map((name) => store().put(name, of("x"))));
    expect(await namesOf("many/")).toEqual(names);
    await store().remove(names);
    expect(await namesOf("many/")).toEqual([]);
  });

  it("has nothing of what was not written to its end", async () => {
    const before = await place.left();
    async function* broken() {
      yield randomBytes(6 * 1024 ** 2);
      throw new RangeError("the source broke");
    }
    await expect(store().put("half", broken())).rejects.toThrow("the source broke");
    const abort = new AbortController();
    async function* endless() {
      for (let part = 0; ; part += 1) {
        if (part === 8) abort.abort();
        yield randomBytes(1024 ** 2);
      }
    }
    await expect(store().put("half", endless(), { signal: abort.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(await namesOf("half")).toEqual([]);
    expect(await place.left()).toEqual(before);
    await expect(contentOf("half")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    "",
    "/",
    "a//b",
    "../up",
    "a/../b",
    ".hidden",
    "a/.b",
    "a\\b",
    "a b",
    "é",
    "a\0",
    "x".repeat(1_000),
  ])("has no object called %j", async (name) => {
    const refused = { code: "INVALID_INPUT" };
    await expect(store().put(name, of("x"))).rejects.toMatchObject(refused);
    await expect(contentOf(name)).rejects.toMatchObject(refused);
    await expect(store().remove([name])).rejects.toMatchObject(refused);
  });
});

describe("a bucket that cannot be used", () => {
  it("is said to be away, refused, or not there", async () => {
    const server = await startS3Server();
    const listed = async (options: object) => {
      await using store = openS3Store({ ...optionsOf(server), attempts: 1, ...options });
      for await (const _ of store.list("")) return "something";
      return "nothing";
    };
    expect(await listed({})).toBe("nothing");
    await expect(listed({ bucket: "elsewhere" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const credentials = { accessKeyId: "NOBODY", secretAccessKey: "S3RVER" };
    await expect(listed({ credentials })).rejects.toMatchObject({ code: "STORE_REFUSED" });
    await server.close();
    await expect(listed({})).rejects.toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    expect(() => openS3Store({ bucket: "b", prefix: "../" })).toThrow("the options of the bucket");
  });

  it("is given up on when it takes a request and does not answer", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await using store = openS3Store({
      bucket: "b",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      requestTimeoutMs: 200,
      attempts: 1,
    });
    await expect(store.remove(["one"])).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    silent.closeAllConnections();
    silent.close();
  });
});
