import { ClientError } from "../errors/client-error.ts";
import { formatLsn, type Lsn, parseLsn } from "../servers/lsn.ts";

/**
 * What a write leaves behind for reads that must see it: a plain text, to be passed on in a cookie or a message. What
 * is in it is nobody's business but ours.
 */
export type ReadToken = string;

/** Where in the log a write stands; `primary`: its position is not known, only the primary surely has it. */
export type TokenPosition = { readonly timeline: number; readonly lsn: Lsn } | "primary";

/** Makes the token of a position. */
export function tokenOf(position: TokenPosition): ReadToken {
  return position === "primary" ? position : `${position.timeline}:${formatLsn(position.lsn)}`;
}

/**
 * Reads a token.
 *
 * @throws ClientError `INVALID_INPUT` when it is none
 */
export function parseToken(token: ReadToken): TokenPosition {
  if (token === "primary") return token;
  // A cookie that is missing comes as undefined, whatever the type says.
  const given: unknown = token;
  if (typeof given !== "string") throw noToken(String(given), typeof given);
  const [, timeline, text] = /^([1-9]\d{0,9}):(.+)$/.exec(given) ?? [];
  const lsn = text === undefined ? undefined : parseLsn(text);
  if (lsn !== undefined) return { timeline: Number(timeline), lsn };
  const shown = given.slice(0, 100);
  throw noToken(`"${shown}"`, shown);
}

function noToken(shown: string, token: string): ClientError {
  return new ClientError("INVALID_INPUT", `${shown} is not a token of a write`, {
    hint: "Pass on what `writeWithToken` returned, unchanged.",
    details: { token },
  });
}
