import { z } from "zod";

const count = (most: number) => z.int().min(1).max(most);

/** Every option of `adviseIndexes`. */
export const adviceOptions = z.strictObject({
  /**
   * The statements to advise on, in place of those that pg_stat_statements has on record; `rows` are what all their calls
   * returned or wrote.
   */
  statements: z
    .array(
      z.strictObject({
        queryId: z.string().min(1),
        text: z.string(),
        calls: z.number().min(0).default(1),
        totalMs: z.number().min(0).default(0),
        rows: z.number().min(0).default(0),
      }),
    )
    .max(10_000)
    .optional(),
  /** Of those on record how many are looked at, the most costly first. Default: 500. */
  maxStatements: count(10_000).default(500),
  /** What all advised indexes may take together, in bytes. Default: a quarter of the tables that the statements read, at least 64 MiB. */
  budgetBytes: z.int().min(0).optional(),
  /** What an index must spare of the cost of all statements beyond what its writes cost, from 0 to 1. Default: 0.001. */
  minGain: z.number().min(0).max(1).default(0.001),
  /** Keys of an index at most. Default: 3. */
  maxKeys: count(8).default(3),
  /** How long one question to the server may take, in milliseconds. Default: 10,000. */
  questionTimeoutMs: count(600_000).default(10_000),
  /** How long all of it may take, in milliseconds. Default: 300,000. */
  timeoutMs: count(86_400_000).default(300_000),
});

/** What advice may be asked with; all has a default. */
export type AdviceOptions = z.input<typeof adviceOptions>;

/** Options in which nothing is left out but the statements. */
export type SettledAdvice = z.output<typeof adviceOptions>;
