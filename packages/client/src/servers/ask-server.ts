import { DatabaseError } from "@mister-smith/errors";
import { speaksPostgres } from "../connection/speaks-postgres.ts";
import { ClientError } from "../errors/client-error.ts";
import type { ServerPool } from "../pool/server-pool.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { isLossOfServer } from "../resilience/failure.ts";
import { type ProbeAnswer, probeAnswerOf, probeStatement } from "./probe-statement.ts";

/** Asks a server what it is; remembers when it may not see the system identifier. */
export interface ServerQuestion {
  on(connection: Queryable): Promise<ProbeAnswer>;
}

/** Makes the question for one server. */
export function serverQuestion(): ServerQuestion {
  let withIdentity = true;
  return {
    async on(connection) {
      try {
        return probeAnswerOf(await connection.one(probeStatement(withIdentity)));
      } catch (error) {
        if (!withIdentity || !(error instanceof DatabaseError) || error.errorClass !== "permission")
          throw error;
        withIdentity = false;
        return probeAnswerOf(await connection.one(probeStatement(false)));
      }
    },
  };
}

/**
 * Asks through a pool of one connection, which is broken when there is no answer in time. When that connection turns
 * out to be gone, a new one gets what is left of the time: that one connection was lost says little.
 */
export async function askThrough(
  pool: ServerPool,
  question: ServerQuestion,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const endsAt = performance.now() + timeoutMs;
  const silence = new Error(`no answer to a probe within ${timeoutMs} ms`);
  const timer = setTimeout(() => pool.interrupt(silence), timeoutMs).unref();
  try {
    return await question.on(pool.reads).catch((error: unknown) => {
      if (!isLossOfServer(error) || performance.now() >= endsAt) throw error;
      return question.on(pool.reads);
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks through a pooler of transactions, where the question waits behind the callers of everybody. No answer in time
 * then says nothing of the server, as long as the pooler itself takes connections.
 *
 * @throws ClientError `POOL_EXHAUSTED` when only the pooler answers
 */
export async function askPooler(
  pool: ServerPool,
  question: ServerQuestion,
  pooler: { readonly host: string; readonly port: number; readonly timeoutMs: number },
): Promise<ProbeAnswer> {
  const { timeoutMs } = pooler;
  const startedAt = performance.now();
  try {
    return await askThrough(pool, question, timeoutMs);
  } catch (error) {
    const inTime = performance.now() - startedAt < timeoutMs;
    if (inTime || !(await speaksPostgres(pooler, timeoutMs))) throw error;
    throw new ClientError(
      "POOL_EXHAUSTED",
      `the pooler had no connection for a probe within ${timeoutMs} ms`,
      {
        hint: "Give the pooler more connections to the server, or transactions less time.",
        retryable: true,
        cause: error,
        details: { pool: pool.name, address: pool.address },
      },
    );
  }
}

/** Asks through a pool that callers use as well, when none does. */
export async function askInTurn(
  pool: ServerPool,
  question: ServerQuestion,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const counts = pool.counts();
  if (counts.active === 0) return await askThrough(pool, question, timeoutMs);
  throw new ClientError("POOL_EXHAUSTED", `the only connection of the pool ${pool.name} is in use`, {
    hint: "With a `max` of 2 or more, one connection is kept for probes.",
    retryable: true,
    details: { pool: pool.name, address: pool.address, ...counts },
  });
}
