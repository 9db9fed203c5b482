/** What an advised index is to one statement. */
export interface AdvisedStatement {
  readonly queryId: string;
  readonly text: string;
  readonly calls: number;
  /** What one execution costs without this index and with it, beside the other advised ones, in the units of the planner. */
  readonly costBefore: number;
  readonly costAfter: number;
}

/** An index that is advised. */
export interface AdvisedIndex {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly method: "btree" | "gin";
  /** Each key as it stands in the definition, without its direction. */
  readonly keys: readonly string[];
  readonly include: readonly string[];
  /** The condition of a partial one; null for none. */
  readonly predicate: string | null;
  /** The statement that builds it. */
  readonly definition: string;
  readonly isPartitioned: boolean;
  /** How large it would be, as estimated. */
  readonly sizeBytes: number;
  /** What all executions of these statements cost without it and with it, in the units of the planner. */
  readonly costBefore: number;
  readonly costAfter: number;
  /** What the writes of the table would pay for it in the same time, in the same units. */
  readonly writeCost: number;
  /** Updates that touch no index now and would touch this one, in the same time. */
  readonly lostHotUpdates: number;
  /** Whether the planner itself was asked; else it is an estimate from statistics. */
  readonly isValidated: boolean;
  /** Why it was not; null where it was. */
  readonly notValidatedBecause: string | null;
  /** The statements whose cost it changes. */
  readonly statements: readonly AdvisedStatement[];
  /** Indexes that are there and would do nothing any more that this one does not. */
  readonly replaces: readonly string[];
}

/** A statement that was not looked at, and why. */
export interface SkippedStatement {
  readonly queryId: string;
  readonly reason: string;
}

/** What came of looking for indexes. */
export interface IndexAdvice {
  /** What is worth the most comes first. */
  readonly indexes: readonly AdvisedIndex[];
  /** What all executions of the statements cost as they are, and with the advised indexes, writes not included. */
  readonly costBefore: number;
  readonly costAfter: number;
  /** How many statements were looked at. */
  readonly statements: number;
  /** Their queryids. */
  readonly lookedAt: readonly string[];
  /** The share of the time of all that are on record which those took, from 0 to 1. */
  readonly timeShare: number;
  readonly skipped: readonly SkippedStatement[];
  readonly budgetBytes: number;
  /** Whether there was hypopg to ask the planner with. */
  readonly hasHypopg: boolean;
}
