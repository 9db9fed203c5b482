import { z } from "zod";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { sql } from "../statement/sql.ts";
import type { Expiry } from "./expiry.ts";
import { newExpiry } from "./new-expiry.ts";
import { alreadyExpired, noAgent, versionConflict } from "./state-error.ts";
import type { StateRef } from "./state-ref.ts";

const row = z.object({ known: z.boolean(), expired: z.boolean() });

/** Finds out why a statement wrote nothing, and throws that. */
export async function refuseUnwritten(
  on: Queryable,
  ref: StateRef & Expiry & { readonly expectedVersion?: bigint | null | undefined },
  options?: QueryOptions,
): Promise<never> {
  const { known, expired } = await on.one(
    sql.type(row)`
      SELECT
        EXISTS (SELECT FROM agents.registry AS r WHERE r.agent_id = ${ref.agentId}) AS known,
        COALESCE(${newExpiry(ref)} <= pg_catalog.statement_timestamp(), FALSE) AS expired`,
    options,
  );
  if (!known) throw noAgent(ref);
  if (expired) throw alreadyExpired(ref);
  throw await versionConflict(on, ref, options);
}
