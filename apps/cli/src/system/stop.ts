import { readSystem, removeSystem, stopSystem } from "@mister-smith/embedded";
import { SmithError } from "@mister-smith/errors";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { systemFolder } from "./system-folder.ts";

/** What `smith down` takes. */
export interface StopInput {
  readonly folder?: string | undefined;
  readonly removeData: boolean;
}

/** Stops the embedded system, and removes its folder where that is asked for. */
export async function stop(context: Context, input: StopInput): Promise<CommandResult> {
  const folder = await systemFolder(context, input);
  if (input.removeData && (await readSystem(folder)).since === undefined) throw notOurs(folder);
  using _ = context.progress("stopping PostgreSQL and NATS");
  const { wasRunning } = await stopSystem(folder);
  if (input.removeData) await removeSystem(folder);
  const stopped = wasRunning ? "stopped" : "was not running";
  return {
    data: { folder, wasRunning, dataRemoved: input.removeData },
    text: input.removeData ? `${stopped}; ${folder} is removed` : `${stopped}; the data stays in ${folder}`,
  };
}

// Removing is recursive: only a folder that a system was started in may go.
function notOurs(folder: string): SmithError {
  return new SmithError(
    "NO_SYSTEM",
    `no embedded system was ever started in ${folder}, so nothing is removed`,
    {
      hint: "Name the folder that `smith up` used with --folder.",
      details: { folder },
    },
  );
}
