/** One line of the result. */
export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  /** For ours: our value over the peer's, by the peer's name. Above 1 means that ours is faster. */
  readonly ratios?: Readonly<Record<string, number>>;
}
