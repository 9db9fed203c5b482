import { beginOn, runOn, type Server } from "../servers/server.ts";
import type { CallContext, CallOptions, CallPlan } from "./call-plan.ts";
import { closedError } from "./closed-error.ts";
import { noneTried } from "./route.ts";
import { type Tries, triesOf } from "./tries.ts";

/** Runs a call on the server that its route names, and again where that is safe and may help. */
export function runCall<Options extends CallOptions, Result>(
  context: CallContext,
  plan: CallPlan<Options, Result>,
): Promise<Result> {
  if (!context.events.heard("call")) return runTries(context, plan, { server: undefined, attempts: 0 });
  return runTold(context, plan);
}

/** How far a call has come. */
interface Progress {
  server: Server | undefined;
  attempts: number;
}

async function runTries<Options extends CallOptions, Result>(
  context: CallContext,
  plan: CallPlan<Options, Result>,
  progress: Progress,
): Promise<Result> {
  const startedAt = performance.now();
  if (context.closing.aborted) throw closedError();
  let tries: Tries<Options> | undefined;
  let server = plan.route.now(noneTried);
  for (;;) {
    if (server === undefined) {
      tries ??= triesOf(context, plan, startedAt);
      server = await tries.find();
    }
    progress.server = server;
    progress.attempts += 1;
    try {
      return await runOnce(plan, server, tries === undefined ? plan.options : tries.options());
    } catch (error) {
      tries ??= triesOf(context, plan, startedAt);
      server = await tries.after(error, server, progress.attempts);
    }
  }
}

async function runOnce<Options extends CallOptions, Result>(
  { kind, route, run }: CallPlan<Options, Result>,
  server: Server,
  options: Options | undefined,
): Promise<Result> {
  const pool = server.pool(route.poolOn(server));
  server.outstanding += 1;
  try {
    if (kind === "statement") return await runOn(server, () => run(pool, options, nothing, server));
    return await beginOn(server, (begun) => run(pool, options, begun, server));
  } finally {
    server.outstanding -= 1;
  }
}

function nothing(): void {}

async function runTold<Options extends CallOptions, Result>(
  context: CallContext,
  plan: CallPlan<Options, Result>,
): Promise<Result> {
  const startedAt = performance.now();
  const progress: Progress = { server: undefined, attempts: 0 };
  const tell = (error: unknown) =>
    context.events.emit("call", {
      pool: plan.pool,
      kind: plan.kind,
      address: progress.server?.address,
      durationMs: performance.now() - startedAt,
      attempts: progress.attempts,
      error,
    });
  try {
    const result = await runTries(context, plan, progress);
    tell(undefined);
    return result;
  } catch (error) {
    tell(error);
    throw error;
  }
}
