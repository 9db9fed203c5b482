import type { DatabaseOptions } from "../config/database-options.ts";
import { settleOptions } from "../config/settle-options.ts";
import type { DatabaseEvents } from "../events/database-events.ts";
import { eventHub } from "../events/event-hub.ts";
import type { Executor } from "../executor/executor.ts";
import { healthOfPools, statesOfPools } from "../health/health-of-pools.ts";
import { repositoriesOf } from "../repositories/repositories.ts";
import { routingOf } from "../routing/routing.ts";
import { databaseTasks } from "../tasks/database-tasks.ts";
import { createTaskArrivals } from "../tasks/task-arrivals.ts";
import { announced } from "./announced.ts";
import { callsOf } from "./calls.ts";
import type { Database } from "./database.ts";

/**
 * Opens the database.
 *
 * It resolves when each server has answered or failed to, which takes as long as one probe at most, and also when
 * none can be reached: then calls wait for a server, and fail with `NO_PRIMARY` when their time is up, or at once when
 * each of them refuses the connection for what only somebody can change (the database, the user, TLS) and none was ever
 * reached. Whoever wants to know at the start asks {@link Database.ready}.
 *
 * @throws ClientError `INVALID_INPUT` naming each option that is wrong
 */
export async function createDatabase(options: DatabaseOptions): Promise<Database> {
  const config = settleOptions(options);
  const events = eventHub<DatabaseEvents>();
  const routing = routingOf(config, events);
  const closing = new AbortController();
  const calls = callsOf({
    config,
    routing,
    context: { events, retry: config.retry, closing: closing.signal },
  });
  const executor: Executor = calls;
  const arrivals = createTaskArrivals();
  let closed: Promise<void> | undefined;
  const close = () => {
    closing.abort();
    closed ??= routing.close();
    return closed;
  };
  await Promise.all(routing.topology.servers.map(({ monitor }) => monitor.probe()));
  return {
    ...calls,
    ...announced(calls, arrivals),
    ...repositoriesOf(executor),
    tasks: databaseTasks(executor, arrivals),
    health: () => healthOfPools(config, routing),
    pools: () => statesOfPools(config, routing),
    on: events.on,
    close,
    [Symbol.asyncDispose]: close,
  };
}
