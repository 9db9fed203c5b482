import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Manifest,
  masterKeys,
  type ObjectStore,
  openFolderStore,
  openRepository,
  openS3Store,
  type Repository,
} from "../../src/index.ts";
import { startS3Server } from "../support/s3-server.ts";

const keys = masterKeys("k1", { k1: randomBytes(32) });

async function* of(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 100_000) yield bytes.subarray(from, from + 100_000);
}

async function contentOf(repository: Repository, backup: Manifest, name: string): Promise<Buffer> {
  const object = backup.objects.find((one) => one.name === name);
  if (object === undefined) throw new Error(`there is no ${name}`);
  const parts: Uint8Array[] = [];
  for await (const part of repository.open(backup, object)) parts.push(part);
  return Buffer.concat(parts);
}

describe.each(["a folder", "a bucket of S3"])("backups in %s", (place) => {
  let store: ObjectStore;
  let close: () => Promise<void>;
  let repository: Repository;
  beforeAll(async () => {
    if (place === "a folder") {
      const folder = await mkdtemp(join(tmpdir(), "smith-repository-"));
      store = await openFolderStore(folder);
      close = () => rm(folder, { recursive: true });
      return;
    }
    const server = await startS3Server();
    const { endpoint, bucket, credentials } = server;
    store = openS3Store({ endpoint, bucket, credentials });
    close = async () => {
      await store[Symbol.asyncDispose]();
      await server.close();
    };
  });
  beforeEach(async () => {
    repository = openRepository({ store, keys });
    await repository.remove((await repository.list()).map(({ id }) => id));
    await repository.sweep(0);
  });
  afterAll(async () => {
    await close();
  });
  async function names(): Promise<string[]> {
    const all: string[] = [];
    for await (const { name } of store.list("")) all.push(name);
    return all.sort();
  }
  async function backup(content: Uint8Array = randomBytes(700_000), by = repository): Promise<Manifest> {
    const writer = by.begin("base");
    await writer.add("data/a", of(content));
    await writer.add("data/b", of(Buffer.from("small")));
    return await writer.finish({ startLsn: "0/1000028" });
  }
  async function rewritten(name: string, change: (text: string) => string): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of store.get(name)) parts.push(part);
    await store.put(name, of(Buffer.from(change(Buffer.concat(parts).toString("latin1")), "latin1")));
  }

  it("give back what was put in, compressed and sealed meanwhile", async () => {
    const content = Buffer.concat([Buffer.alloc(2_000_000, "agents "), randomBytes(300_000)]);
    const written = await backup(content);
    const [listed] = await repository.list();
    expect(listed).toEqual({ id: written.id, manifest: written });
    expect(await repository.read(written.id)).toEqual(written);
    expect((await contentOf(repository, written, "data/a")).equals(content)).toBe(true);
    expect(written.objects[0]?.storedBytes).toBeLessThan(400_000);
    expect(await repository.verify(written)).toEqual([]);
    for (const name of await names()) {
      const parts: Uint8Array[] = [];
      for await (const part of store.get(name)) parts.push(part);
      expect(Buffer.concat(parts).includes("agents agents")).toBe(false);
    }
  });

  it("are not there before they are finished, and leave nothing when they never are", async () => {
    const writer = repository.begin("logical");
    await writer.add("dump", of(randomBytes(1_000)));
    expect(await repository.list()).toEqual([]);
    await expect(repository.read(writer.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await repository.sweep(3_600_000)).toBe(0);
    const finished = await backup();
    expect(await repository.sweep(0)).toBe(1);
    expect((await names()).every((name) => name.includes(finished.id))).toBe(true);
    expect(await repository.verify(finished)).toEqual([]);
  });

  it("are gone from the list at once when they are removed, also by half", async () => {
    const one = await backup();
    const other = await backup();
    await store.remove([`backups/${one.id}/manifest.json`]);
    expect((await repository.list()).map(({ id }) => id)).toEqual([other.id]);
    await repository.remove([one.id]);
    expect((await names()).every((name) => name.includes(other.id))).toBe(true);
  });

  it("say which object is damaged, missing, or that of another backup", async () => {
    const written = await backup();
    const other = await backup();
    const object = `backups/${written.id}/objects/data/a`;
    await rewritten(
      object,
      (text) => `${text.slice(0, 200_000)}${text[200_000] === "x" ? "y" : "x"}${text.slice(200_001)}`,
    );
    expect(await repository.verify(written)).toMatchObject([
      { object: "data/a", error: { code: "DAMAGED" } },
    ]);
    await rewritten(object, (text) => text.slice(0, 100_000));
    expect(await repository.verify(written)).toMatchObject([
      { object: "data/a", error: { code: "DAMAGED" } },
    ]);
    const parts: Uint8Array[] = [];
    for await (const part of store.get(`backups/${other.id}/objects/data/a`)) parts.push(part);
    await store.put(object, of(Buffer.concat(parts)));
    expect(await repository.verify(written)).toMatchObject([
      { object: "data/a", error: { code: "DAMAGED" } },
    ]);
    await store.remove([object]);
    expect(await repository.verify(written)).toMatchObject([
      { object: "data/a", error: { code: "NOT_FOUND" } },
    ]);
    expect(await repository.verify(other)).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ["is no JSON", (text) => text.slice(1)],
    ["lacks something", (text) => text.replace(/"kind": "base",\n/, "")],
    ["names a place outside", (text) => text.replace('"data/a"', '"../../other"')],
    ["says something else", (text) => text.replace("0/1000028", "0/2000028")],
    [
      "leaves an object out",
      (text) => text.replace(/\{\s*"name": "data\/b"[^}]*\},?/, "").replace(/,\s*\]/, "]"),
    ],
    ["says that it is not sealed", (text) => text.replace(/"key": \{[^}]*\}/, '"key": null')],
    ["is that of another one", (text) => text.replace(/"id": "(\d{8})/, '"id": "19990101')],
  ])("are not used when their manifest %s", async (_, change) => {
    const { id } = await backup();
    const other = await backup();
    await rewritten(`backups/${id}/manifest.json`, change);
    await expect(repository.read(id)).rejects.toMatchObject({ code: "DAMAGED" });
    expect((await repository.list()).map((one) => [one.id, one.manifest === null])).toEqual([
      [id, true],
      [other.id, false],
    ]);
  });

  it("open with keys that were rotated, and not without theirs", async () => {
    const old = await backup();
    const both = masterKeys("k2", { k1: keys.key("k1"), k2: randomBytes(32) });
    const rotated = openRepository({ store, keys: both });
    const young = await backup(randomBytes(10), rotated);
    expect(young.key?.keyId).toBe("k2");
    expect(await rotated.rewrap()).toBe(1);
    expect(await rotated.rewrap()).toBe(0);
    const later = openRepository({ store, keys: masterKeys("k2", { k2: both.key("k2") }) });
    for (const { manifest } of await later.list()) {
      if (manifest === null) throw new Error("it does not open");
      expect(await later.verify(manifest)).toEqual([]);
    }
    await expect(repository.read(old.id)).rejects.toMatchObject({ code: "NO_KEY" });
    await expect(openRepository({ store, keys: null }).read(old.id)).rejects.toMatchObject({
      code: "NO_KEY",
    });
    await later.remove([old.id, young.id]);
  });

  it("are checked just as well when they are not sealed", async () => {
    const open = openRepository({ store, keys: null, compressionLevel: 0 });
    const written = await backup(Buffer.alloc(1_000, "x"), open);
    expect((await contentOf(open, written, "data/a")).equals(Buffer.alloc(1_000, "x"))).toBe(true);
    await rewritten(`backups/${written.id}/objects/data/b`, (text) => `${text.slice(0, -1)}\u0000`);
    expect(await open.verify(written)).toMatchObject([{ object: "data/b", error: { code: "DAMAGED" } }]);
    await open.remove([written.id]);
  });
});

describe("a backup whose process dies", () => {
  it("is there whole, or not at all, wherever it died", async () => {
    const folder = await mkdtemp(join(tmpdir(), "smith-killed-"));
    const keyFile = join(folder, "key");
    await writeFile(keyFile, keys.key("k1"));
    const store = await openFolderStore(join(folder, "repository"));
    const repository = openRepository({ store, keys });
    let whole = 0;
    for (let round = 0; round < 12; round += 1) {
      const writer = write(folder);
      await once(writer.stdout as NodeJS.ReadableStream, "data");
      // Somewhere in the midst of five backups of eight objects each.
      await new Promise((resolve) => setTimeout(resolve, round * 15));
      writer.kill("SIGKILL");
      await once(writer, "exit");
      for (const { manifest } of await repository.list()) {
        if (manifest === null) throw new Error("a manifest was torn");
        expect(manifest.objects).toHaveLength(8);
        expect(await repository.verify(manifest)).toEqual([]);
        whole += 1;
      }
    }
    await repository.sweep(0);
    const kept = (await repository.list()).map(({ id }) => id);
    for await (const { name } of store.list("")) expect(kept.some((id) => name.includes(id))).toBe(true);
    expect(whole).toBeGreaterThan(0);
    expect((await readFile(keyFile)).length).toBe(32);
    await rm(folder, { recursive: true });
  });

  function write(folder: string): ChildProcess {
    const program = fileURLToPath(new URL("../support/write-backups.ts", import.meta.url));
    return spawn(process.execPath, ["--conditions=@mister-smith/source", program, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  }
});
