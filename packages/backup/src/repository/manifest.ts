import { z } from "zod";
import { wrappedKey } from "../seal/wrapped-key.ts";
import { isObjectName } from "../store/object-name.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0);

/** The kinds of backups. */
export const backupKinds = ["base", "logical", "jetstream", "cross-system"] as const;
/** A kind of backup. */
export type BackupKind = (typeof backupKinds)[number];

/** The zod schema of an object of a backup: what it is when opened, and as it lies in the repository. */
export const manifestObject = z.strictObject({
  name: z.string().refine(isObjectName, "is no name of an object"),
  bytes,
  sha256,
  storedBytes: bytes,
  storedSha256: sha256,
});
/** An object of a backup. */
export type ManifestObject = z.output<typeof manifestObject>;

/** The zod schema of an id of a backup: when it began, to the millisecond in UTC, and something of its own. */
export const backupId = z.string().regex(/^\d{8}T\d{9}Z-[0-9a-f]{8}$/);

/** The zod schema of a manifest, version 1: the last that is written of a backup, and what makes it one. */
export const manifest = z.strictObject({
  version: z.literal(1),
  id: backupId,
  kind: z.enum(backupKinds),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  compression: z.enum(["none", "zstd"]),
  /** The key of its objects; null where they are only checked, and not secret. */
  key: wrappedKey.nullable(),
  objects: z.array(manifestObject),
  /** What only its kind knows. */
  details: z.record(z.string(), z.json()),
  /** By the key of its objects over all but that: nobody else can make a manifest, or change one. */
  mac: sha256,
});
/** What a backup consists of. */
export type Manifest = z.output<typeof manifest>;

/** The id of a backup that begins now. */
export function newBackupId(now: Date, random: Uint8Array): string {
  const time = now.toISOString().replace(/[-:.]/g, "");
  return `${time}-${Buffer.from(random.subarray(0, 4)).toString("hex")}`;
}
