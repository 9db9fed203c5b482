import { randomBytes } from "node:crypto";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { measured } from "../archive/measured.ts";
import { through } from "../archive/through.ts";
import { BackupError } from "../errors/backup-error.ts";
import { keyBytes, type MasterKeys } from "../seal/master-keys.ts";
import { openChunks } from "../seal/open-chunks.ts";
import { sealChunks } from "../seal/seal-chunks.ts";
import { newDataKey, openDataKey, rewrapKey } from "../seal/wrapped-key.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { layout } from "./layout.ts";
import { type BackupKind, type Manifest, type ManifestObject, manifest, newBackupId } from "./manifest.ts";
import { hasMac, manifestMac } from "./manifest-mac.ts";

/** How a repository seals and compresses. */
export interface RepositoryOptions {
  readonly store: ObjectStore;
  /** What keys of backups are wrapped with; null: backups are checked, but not secret. */
  readonly keys: MasterKeys | null;
  /** Level of zstd, 1 to 19; 0: no compression. Default: 3. */
  readonly compressionLevel?: number;
}

/** A backup that is being written. Nobody sees it until it is finished. */
export interface BackupWriter {
  readonly id: string;
  /**
   * Compresses, seals and stores an object.
   *
   * @param onBytes told of bytes as they are read from the source
   * @throws what the source and the store throw
   */
  add(name: string, source: AsyncIterable<Uint8Array>, options?: AddOptions): Promise<ManifestObject>;
  /** Makes it a backup: from then on it is listed. */
  finish(details: Manifest["details"]): Promise<Manifest>;
}

export interface AddOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Backups in a store. */
export interface Repository {
  /** Begins a backup. */
  begin(kind: BackupKind): BackupWriter;
  /** Every backup, the oldest first. One whose manifest cannot be read is told as that, with the reason. */
  list(): Promise<readonly ListedBackup[]>;
  /**
   * The manifest of a backup.
   *
   * @throws BackupError `NOT_FOUND`, or `DAMAGED` when it is none
   */
  read(id: string): Promise<Manifest>;
  /**
   * Opens an object of a backup. Every byte was verified when it comes out; that none is missing is known at the end.
   *
   * @throws BackupError `DAMAGED`, `NO_KEY`, `NOT_FOUND`
   */
  open(backup: Manifest, object: ManifestObject): AsyncIterable<Uint8Array>;
  /**
   * Reads every object to its end, and holds it against the manifest; returns what is wrong, nothing for a sound backup.
   */
  verify(backup: Manifest, options?: AddOptions): Promise<readonly Fault[]>;
  /** Removes backups: they are listed no more from the beginning on, and whoever dies in the middle can do it again. */
  remove(ids: readonly string[]): Promise<void>;
  /**
   * Removes objects that belong to no backup: those of one that was never finished, or was removed by half, when they were stored longer
   * ago than given, in milliseconds. Returns how many.
   */
  sweep(olderThanMs: number): Promise<number>;
  /** Wraps the keys of all backups by the current master key; their objects stay as they are. Returns how many were changed. */
  rewrap(): Promise<number>;
}

/** A backup of a list. */
export type ListedBackup =
  | { readonly id: string; readonly manifest: Manifest }
  | { readonly id: string; readonly manifest: null; readonly error: BackupError };

/** What is wrong with an object of a backup. */
export interface Fault {
  readonly object: string;
  readonly error: BackupError;
}

/** The key of what is not secret: its bytes are checked in the same way, and anybody can open them. */
const noSecret = new Uint8Array(keyBytes);
/** What keeps one backup from being read, and says nothing of the others. */
const unreadable: ReadonlySet<string> = new Set(["DAMAGED", "NO_KEY", "NOT_FOUND"]);
/** Larger ones are none of ours. */
const mostManifestBytes = 256 * 1024 ** 2;

/** Opens a repository in a store. */
export function openRepository({ store, keys, compressionLevel = 3 }: RepositoryOptions): Repository {
  if (!Number.isInteger(compressionLevel) || compressionLevel < 0 || compressionLevel > 19)
    throw new BackupError("INVALID_INPUT", `${compressionLevel} is no level of zstd`, {
      hint: "Give 1 to 19, or 0 for none.",
    });

  const repository: Repository = {
    begin(kind) {
      const startedAt = new Date();
      const id = newBackupId(startedAt, randomBytes(4));
      const made = keys === null ? null : newDataKey(keys, id);
      const objects: ManifestObject[] = [];
      return {
        id,
        async add(name, source, { signal, onBytes } = {}) {
          const [plain, whole] = measured(source, onBytes);
          const packed = compressionLevel === 0 ? plain : through(plain, compressing(compressionLevel));
          const [sealed, stored] = measured(sealChunks(packed, made?.key ?? noSecret, sealedName(id, name)));
          const storedBytes = await store.put(layout.object(id, name), sealed, { signal, ifAbsent: true });
          const object = {
            name,
            bytes: whole.bytes,
            sha256: whole.digest(),
            storedBytes,
            storedSha256: stored.digest(),
          };
          objects.push(object);
          return object;
        },
        async finish(details) {
          const unsigned = {
            version: 1,
            id,
            kind,
            startedAt: startedAt.toISOString(),
            finishedAt: new Date().toISOString(),
            compression: compressionLevel === 0 ? "none" : "zstd",
            key: made?.wrapped ?? null,
            objects: objects.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
            details,
          } satisfies Omit<Manifest, "mac">;
          const written = manifest.parse({
            ...unsigned,
            mac: manifestMac(unsigned, made?.key ?? noSecret),
          } satisfies Manifest);
          await putManifest(written, true);
          return written;
        },
      };
    },
    async list() {
      const ids = new Set<string>();
      for await (const { name } of store.list(layout.backups)) {
        const [, id = "", ...rest] = name.split("/");
        if (rest.join("/") === "manifest.json") ids.add(id);
      }
      return await Promise.all(
        [...ids].sort().map(async (id): Promise<ListedBackup> => {
          try {
            return { id, manifest: await repository.read(id) };
          } catch (error) {
            if (error instanceof BackupError && unreadable.has(error.code))
              return { id, manifest: null, error };
            throw error;
          }
        }),
      );
    },
    async read(id) {
      const text = await textOf(layout.manifest(id));
      const parsed = manifest.safeParse(jsonOf(text));
      if (parsed.success && parsed.data.id === id) {
        if (hasMac(parsed.data, keyOf(parsed.data))) return parsed.data;
        throw new BackupError("DAMAGED", `the manifest of ${id} was changed by who has not its key`, {
          hint: "Nothing of this backup should be used; take another one.",
        });
      }
      throw new BackupError("DAMAGED", `the manifest of ${id} is none: ${faultOf(parsed.error?.issues[0])}`, {
        hint: "Nothing of this backup is used; take another one.",
      });
    },
    open(backup, object) {
      const { id, compression } = backup;
      const packed = openChunks(
        store.get(layout.object(id, object.name)),
        keyOf(backup),
        sealedName(id, object.name),
      );
      return checked(compression === "none" ? packed : through(packed, createZstdDecompress()), id, object);
    },
    async verify(backup, { signal, onBytes } = {}) {
      const faults: Fault[] = [];
      for (const object of backup.objects) {
        try {
          for await (const part of repository.open(backup, object)) {
            signal?.throwIfAborted();
            onBytes?.(part.length);
          }
        } catch (error) {
          if (!(error instanceof BackupError)) throw error;
          faults.push({ object: object.name, error });
        }
      }
      return faults;
    },
    async remove(ids) {
      for (const id of ids) {
        await store.remove([layout.manifest(id)]);
        await store.remove(await namesOf(layout.backup(id)));
      }
    },
    async sweep(olderThanMs) {
      const ofBackups = new Map<string, string[]>();
      const young = new Set<string>();
      for await (const { name, storedAt } of store.list(layout.backups)) {
        const [, id = ""] = name.split("/");
        ofBackups.set(id, [...(ofBackups.get(id) ?? []), name]);
        if (Date.now() - storedAt.getTime() < olderThanMs) young.add(id);
      }
      const left = [...ofBackups]
        .filter(([id, names]) => !young.has(id) && !names.includes(layout.manifest(id)))
        .flatMap(([, names]) => names);
      await store.remove(left);
      return left.length;
    },
    async rewrap() {
      if (keys === null)
        throw new BackupError("INVALID_INPUT", "there is no master key to wrap keys with", {
          hint: "Give the keys of the repository.",
        });
      let changed = 0;
      for (const { manifest: backup } of await repository.list()) {
        if (backup === null || backup.key === null) continue;
        const key = rewrapKey(keys, backup.id, backup.key);
        if (key === backup.key) continue;
        await putManifest({ ...backup, key }, false);
        changed += 1;
      }
      return changed;
    },
  };
  return repository;

  async function putManifest(written: Manifest, ifAbsent: boolean): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(written, null, 2)}\n`);
    await store.put(layout.manifest(written.id), only(text), { ifAbsent });
  }

  function keyOf({ id, key }: Manifest): Uint8Array {
    if (key === null) {
      // Else whoever can write to the store could put anything in the place of a sealed backup.
      if (keys !== null)
        throw new BackupError("DAMAGED", `the backup ${id} is not sealed, as all of this repository are`, {
          hint: "Open the repository without keys to use it, if you know where it comes from.",
        });
      return noSecret;
    }
    if (keys === null)
      throw new BackupError("NO_KEY", `the backup ${id} is sealed with the master key ${key.keyId}`, {
        hint: "Give the keys of the repository.",
      });
    return openDataKey(keys, id, key);
  }

  async function namesOf(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of store.list(prefix)) names.push(name);
    return names;
  }

  async function textOf(name: string): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of store.get(name)) {
      bytes += part.length;
      if (bytes > mostManifestBytes) throw new BackupError("DAMAGED", `${name} is larger than any manifest`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What is sealed opens in its own backup and under its own name only. */
function sealedName(id: string, name: string): string {
  return layout.object(id, name);
}

function compressing(level: number) {
  return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** The bytes of an object, which must be those of its manifest. */
async function* checked(
  stream: AsyncIterable<Uint8Array>,
  id: string,
  { name, bytes, sha256 }: ManifestObject,
): AsyncGenerator<Uint8Array> {
  const [plain, whole] = measured(stream);
  try {
    yield* plain;
  } catch (error) {
    throw isOfZstd(error)
      ? new BackupError("DAMAGED", `${name} of ${id} does not decompress`, { cause: error })
      : error;
  }
  if (whole.bytes !== bytes || whole.digest() !== sha256)
    throw new BackupError("DAMAGED", `${name} of ${id} is another one than its manifest says`, {
      hint: "Nothing of this backup should be used; take another one.",
    });
}

function isOfZstd(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(ZSTD_|Z_|ERR_ZLIB)/.test(String(error.code));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultOf(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): string {
  return issue === undefined
    ? "it is that of another one"
    : `${issue.path.join(".") || "it"}: ${issue.message}`;
}
