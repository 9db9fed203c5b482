import type { FeedMessage } from "../feed/feed-message.ts";

/** Why a write cannot be brought to PostgreSQL. */
export type ParkedReason =
  /** the subject is not one of an agent's key */
  | "bad-key"
  /** the value is not JSON in UTF-8 */
  | "bad-value"
  /** the value is larger than is allowed */
  | "too-large"
  /** a header is not what it has to be */
  | "bad-header"
  /** no such agent is registered */
  | "unknown-agent"
  /** PostgreSQL refused it */
  | "refused";

/** Why, for programs and for people. */
export interface Refusal {
  readonly reasonCode: ParkedReason;
  readonly reason: string;
}

/** A write that is put aside, whole, until a person looks at it. */
export interface ParkedWrite extends Refusal {
  readonly message: FeedMessage;
}
