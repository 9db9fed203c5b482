/** Where the objects of a repository are: a folder, or a bucket. Both keep the same promises. */
export interface ObjectStore extends AsyncDisposable {
  /**
   * Stores an object. It is there under its name with all its bytes, and durable, when this resolves, and not at all before: whoever
   * dies in the middle leaves nothing that is listed. Takes the place of one that is there, unless `ifAbsent`.
   *
   * @returns how many bytes it has
   * @throws BackupError `ALREADY_EXISTS` with `ifAbsent`; `STORE_FULL`, `STORE_REFUSED`, `STORE_UNREACHABLE`; and what the source throws
   */
  put(name: ObjectName, source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<number>;
  /**
   * Reads an object from its beginning. It may throw while it is read, and must be read to its end or returned from.
   *
   * @throws BackupError `NOT_FOUND`, `STORE_REFUSED`, `STORE_UNREACHABLE`
   */
  get(name: ObjectName, options?: StoreOptions): AsyncIterable<Uint8Array>;
  /** The objects whose names begin with a prefix, in no order. What is stored or removed meanwhile may be there or not. */
  list(prefix: string, options?: StoreOptions): AsyncIterable<StoredObject>;
  /** Removes objects, durably; those that are not there are none. */
  remove(names: readonly ObjectName[], options?: StoreOptions): Promise<void>;
}

/** The name of an object: parts of letters, digits, dots, dashes and underscores, apart by slashes. */
export type ObjectName = string;

export interface StoreOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends StoreOptions {
  /** Refuses to take the place of one that is there. Default: false. */
  readonly ifAbsent?: boolean | undefined;
}

/** An object that is there. */
export interface StoredObject {
  readonly name: ObjectName;
  readonly bytes: number;
  readonly storedAt: Date;
}
