/**
 * The supervisor: a small process between a program and its servers. It ends only when all servers are gone,
 * and stops them as soon as the channel to the program closes, however the program ended. It has a session of
 * its own, so that a signal to the program's group does not reach it.
 *
 * Told to detach, it lets the channel close and stays for as long as a server lives, or until SIGTERM.
 */
import { isOrder, type Order, type Report } from "./messages.ts";
import { removePersistently } from "./remove-persistently.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const servers = new Map<number, SupervisedProcess>();
const folders = new Set<string>();
let detached = false;
let ending = false;

process.on("message", (message) => {
  if (isOrder(message)) obey(message);
});
process.on("disconnect", () => {
  if (!detached) void end();
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void end());
tell({ report: "ready" });

function obey(order: Order): void {
  switch (order.order) {
    case "run":
      run(order.id, order);
      break;
    case "stop":
      void servers.get(order.id)?.stop();
      break;
    case "signal":
      servers.get(order.id)?.signal(order.signal);
      break;
    case "own-folder":
      folders.add(order.path);
      break;
    case "disown-folder":
      folders.delete(order.path);
      break;
    case "detach":
      detached = true;
      break;
  }
}

function run(id: number, { spec }: Extract<Order, { order: "run" }>): void {
  const refuse = (error: unknown) => {
    servers.delete(id);
    tell({ report: "not-started", id, message: error instanceof Error ? error.message : String(error) });
  };
  // An order that was on its way when the end began must not start anything.
  if (ending) return;
  try {
    const server = new SupervisedProcess(spec);
    servers.set(id, server);
    server.started.then((pid) => {
      tell({ report: "running", id, pid });
      void server.exited.then(({ code, signal }) => forget(id, code, signal));
    }, refuse);
  } catch (error) {
    refuse(error);
  }
}

function forget(id: number, code: number | null, signal: string | null): void {
  servers.delete(id);
  tell({ report: "exited", id, code, signal });
  if (detached && servers.size === 0) void end();
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.all([...servers.values()].map((server) => server.stop()));
  await Promise.all([...folders].map(removePersistently));
  process.exit(0);
}

function tell(report: Report): void {
  if (process.connected) process.send?.(report, () => {});
}
