export { BackupError, type BackupErrorCode } from "./errors/backup-error.ts";
export {
  type BackupKind,
  backupKinds,
  type Manifest,
  type ManifestObject,
  manifest,
} from "./repository/manifest.ts";
export {
  type AddOptions,
  type BackupWriter,
  type Fault,
  type ListedBackup,
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "./repository/repository.ts";
export { type MasterKeys, masterKeys } from "./seal/master-keys.ts";
export { openChunks } from "./seal/open-chunks.ts";
export { sealChunks } from "./seal/seal-chunks.ts";
export { newDataKey, openDataKey, rewrapKey, type WrappedKey, wrappedKey } from "./seal/wrapped-key.ts";
export { openFolderStore } from "./store/folder-store.ts";
export type {
  ObjectName,
  ObjectStore,
  PutOptions,
  StoredObject,
  StoreOptions,
} from "./store/object-store.ts";
export { openS3Store, type S3Options, s3Options } from "./store/s3-store.ts";
