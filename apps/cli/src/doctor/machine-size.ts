import { availableParallelism, totalmem } from "node:os";
import { type Queryable, sql } from "@mister-smith/client";
import type { MachineSize } from "@mister-smith/monitoring";
import { z } from "zod";

/** What the operator says of the server's machine. */
export interface GivenSize {
  readonly memory?: number | undefined;
  readonly processors?: number | undefined;
}

/**
 * How large the server's machine is: as given, else as this one is where the server is reached over loopback or a socket, and
 * null where it is another one. SQL cannot tell.
 */
export async function machineSize(on: Queryable, given: GivenSize): Promise<MachineSize | null> {
  const { isHere } = await on.one(isReachedHere);
  const memoryBytes = given.memory ?? (isHere ? totalmem() : undefined);
  const processors = given.processors ?? (isHere ? availableParallelism() : undefined);
  return memoryBytes === undefined || processors === undefined ? null : { memoryBytes, processors };
}

const isReachedHere = sql.type(z.object({ isHere: z.boolean() }))`
  SELECT COALESCE(
    pg_catalog.inet_server_addr() <<= ANY (ARRAY['127.0.0.0/8', '::1/128']::INET[]), TRUE
  ) AS "isHere"`;
