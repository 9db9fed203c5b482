import { z } from "zod";
import { sql } from "./slonik.ts";

/**
 * Whether the session has the lock of the runners, for use within another query.
 *
 * It must not depend on the `search_path` that a file leaves behind.
 */
export const holdsRunnerLock = (key: bigint) => sql.fragment`
  EXISTS (
    SELECT FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.pid = pg_catalog.pg_backend_pid()
      AND l.classid::pg_catalog.int8 = ${sql.literalValue(String(BigInt.asUintN(32, key >> 32n)))}
      AND l.objid::pg_catalog.int8 = ${sql.literalValue(String(BigInt.asUintN(32, key)))}
  )
`;

/** Whether the session has the lock of the runners. */
export const selectHoldsRunnerLock = (key: bigint) => sql.type(z.object({ holds: z.boolean() }))`
  SELECT ${holdsRunnerLock(key)} AS holds
`;
