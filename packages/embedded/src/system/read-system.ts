import { resolve } from "node:path";
import { isProcessAlive } from "../process/process-identity.ts";
import { readState, type SystemState } from "./system-state.ts";

/** What is known of one server, and whether it lives. */
type Verified<Server> = Omit<Server, "identity"> & { readonly running: boolean };

/** The system of a folder as it is now. */
export interface SystemStatus {
  readonly folder: string;
  /** Whether both servers live. */
  readonly running: boolean;
  /** When it was last started, as an ISO date; undefined when it never was. */
  readonly since: string | undefined;
  readonly lifetime: SystemState["lifetime"] | undefined;
  readonly postgres: Verified<SystemState["postgres"]> | undefined;
  readonly nats: Verified<SystemState["nats"]> | undefined;
}

/**
 * Looks at the system of the folder; each process id is checked to be still the process that was started.
 *
 * @throws SmithError `SYSTEM_STATE_DAMAGED`
 */
export async function readSystem(folder: string): Promise<SystemStatus> {
  const path = resolve(folder);
  const state = await readState(path);
  const postgres = state && verified(state.postgres);
  const nats = state && verified(state.nats);
  return {
    folder: path,
    running: postgres?.running === true && nats?.running === true,
    since: state?.since,
    lifetime: state?.lifetime,
    postgres,
    nats,
  };
}

function verified<Server extends { pid: number; identity?: string | undefined }>(
  server: Server,
): Verified<Server> {
  const { identity, ...rest } = server;
  return { ...rest, running: isProcessAlive(server.pid, identity) };
}
