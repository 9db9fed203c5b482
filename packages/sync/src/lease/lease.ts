/** The right to do what one daemon alone may do, for as long as it is renewed. */
export interface Lease {
  readonly role: string;
  /** Grows with each change of the holder: what writes in the name of a role can be told from what came before. */
  readonly epoch: number;
  /**
   * Whether it is still held, by this process's own clock: false from the moment on at which another may have it,
   * also when nobody has told us, as after the process was frozen.
   */
  holds(): boolean;
  /** Aborted when it is lost or given back. */
  readonly signal: AbortSignal;
}
