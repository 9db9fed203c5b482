import { setTimeout as pause } from "node:timers/promises";
import { checkBounds, fromNow } from "../connection/call.ts";
import { ClientError } from "../errors/client-error.ts";
import { retryDelays } from "../resilience/retry-delays.ts";
import type { Server } from "../servers/server.ts";
import type { CallContext, CallOptions, CallPlan } from "./call-plan.ts";
import { closedError } from "./closed-error.ts";
import { noneTried } from "./route.ts";

/** What a call needs to be tried again: made when it is, most calls never are. */
export interface Tries<Options> {
  /** The caller's options with what is left of the time. */
  options(): Options | undefined;
  /** Waits for a server within the call's time. */
  find(): Promise<Server>;
  /** The server for the next try; throws `error` when there is to be none. */
  after(error: unknown, server: Server, attempt: number): Promise<Server>;
}

/** Counts the tries of a call, which all together stay within its time. */
export function triesOf<Options extends CallOptions>(
  { events, retry, closing }: CallContext,
  plan: CallPlan<Options, unknown>,
  startedAt: number,
): Tries<Options> {
  const { route, repeat } = plan;
  const signal = plan.options?.signal;
  checkBounds(plan.options);
  // Work of many statements has only the limit that was asked for.
  const timeoutMs = plan.options?.timeoutMs ?? (plan.kind === "statement" ? plan.timeoutMs : 0);
  const endsAt = timeoutMs > 0 ? startedAt + timeoutMs : Number.POSITIVE_INFINITY;
  const tried = new Set<Server>();
  const nextDelay = retryDelays(retry);
  let left = plan.retries;
  return { options, find, after };

  function options(): Options | undefined {
    if (endsAt === Number.POSITIVE_INFINITY) return plan.options;
    // What is added is an option of every call.
    return fromNow({ ...plan.options, timeoutMs } as Options, startedAt);
  }

  function find(): Promise<Server> {
    return route.find(Math.min(endsAt, performance.now() + plan.findTimeoutMs), signal);
  }

  async function after(error: unknown, server: Server, attempt: number): Promise<Server> {
    const decision = await repeat(error, server);
    if (decision === "no") throw error;
    if (closing.aborted) throw closedError();
    const other = anotherServer(server);
    if (other !== undefined) {
      tell(error, server, attempt, 0);
      return other;
    }
    left -= 1;
    const delayMs = nextDelay();
    if (decision === "elsewhere" || left < 0 || performance.now() + delayMs >= endsAt) throw error;
    tell(error, server, attempt, delayMs);
    await waitFor(delayMs);
    tried.clear();
    return route.now(noneTried) ?? (await find());
  }

  function anotherServer(server: Server): Server | undefined {
    tried.add(server);
    const other = route.now(tried);
    return other === undefined || tried.has(other) ? undefined : other;
  }

  async function waitFor(delayMs: number): Promise<void> {
    const ends = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    try {
      await pause(delayMs, undefined, { signal: ends });
    } catch (cause) {
      if (closing.aborted) throw closedError();
      throw new ClientError("ABORTED", "the caller's signal ended the call", { cause });
    }
  }

  function tell(error: unknown, server: Server, attempt: number, delayMs: number): void {
    events.emit("retry", { pool: plan.pool, address: server.address, attempt, delayMs, error });
  }
}
