import type { ServerProcessSpec } from "./supervisor/messages.ts";
import { retireWhenIdle, withSharedSupervisor } from "./supervisor/shared-supervisor.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import type { WatchedServer } from "./supervisor/watched-server.ts";

/** With whom a server goes: with the program that started it, or with nobody. */
export type ServerLifetime = "parent" | "detached";

/** Runs server processes and sees to it that they do not outlive whom they must not outlive. */
export interface ServerHost {
  /** Runs the process, then `ready`; when that fails, the process is stopped before the error goes on. */
  run(spec: ServerProcessSpec, ready: (server: WatchedServer) => Promise<void>): Promise<WatchedServer>;
  /** Removes the folder when the program ends, however it ends. */
  ownFolder(path: string): Promise<void>;
  /** The folder is the caller's business again. */
  disownFolder(path: string): Promise<void>;
  /** To be called when a server was stopped: nothing of the host stays behind for nothing. */
  settle(): Promise<void>;
}

/** The host of all servers that go with this program. */
const parentHost: ServerHost = {
  run: (spec, ready) => withSharedSupervisor((supervisor) => runReady(supervisor, spec, ready)),
  ownFolder: (path) => withSharedSupervisor(async (supervisor) => supervisor.ownFolder(path)),
  disownFolder: (path) => withSharedSupervisor(async (supervisor) => supervisor.disownFolder(path)),
  settle: retireWhenIdle,
};

/** A host with a supervisor of its own, for servers that are let go together when all of them are ready. */
export interface DetachableHost extends ServerHost {
  readonly supervisorPid: number;
  /** From now on nobody but `stop` ends the servers. */
  letGo(): Promise<void>;
  /** Stops whatever was started, when something went wrong before that. */
  giveUp(): Promise<void>;
}

/** Starts a host for servers that are meant to outlive this program. */
export async function detachableHost(): Promise<DetachableHost> {
  const supervisor = await Supervisor.start();
  return {
    supervisorPid: supervisor.pid,
    run: (spec, ready) => runReady(supervisor, spec, ready),
    ownFolder: async () => {},
    disownFolder: async () => {},
    settle: async () => {},
    letGo: () => supervisor.detach(),
    giveUp: () => supervisor.close(),
  };
}

/** Each of these servers has a supervisor of its own, which is let go as soon as the server is ready. */
const detachedHost: ServerHost = {
  run: async (spec, ready) => {
    const host = await detachableHost();
    try {
      const server = await host.run(spec, ready);
      await host.letGo();
      return server;
    } catch (error) {
      await host.giveUp();
      throw error;
    }
  },
  ownFolder: async () => {},
  disownFolder: async () => {},
  settle: async () => {},
};

/** The host for servers of that lifetime. */
export function serverHost(lifetime: ServerLifetime): ServerHost {
  return lifetime === "parent" ? parentHost : detachedHost;
}

async function runReady(
  supervisor: Supervisor,
  spec: ServerProcessSpec,
  ready: (server: WatchedServer) => Promise<void>,
): Promise<WatchedServer> {
  const server = await supervisor.run(spec);
  try {
    await ready(server);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
