import { Supervisor } from "./supervisor.ts";

let shared: Promise<Supervisor> | undefined;
let users = 0;

/** Does `work` with the one supervisor of this program, which is started when there is none. */
export async function withSharedSupervisor<T>(work: (supervisor: Supervisor) => Promise<T>): Promise<T> {
  users += 1;
  try {
    return await work(await current());
  } finally {
    users -= 1;
    await retireWhenIdle();
  }
}

/** Ends the supervisor when it has nothing left to watch, so that no process stays behind. */
export async function retireWhenIdle(): Promise<void> {
  const supervisor = await shared?.catch(() => undefined);
  if (supervisor === undefined || users > 0 || !supervisor.idle) return;
  shared = undefined;
  await supervisor.close();
}

function current(): Promise<Supervisor> {
  // Chained without a pause in between: two callers at once must not start two.
  shared =
    shared === undefined
      ? Supervisor.start()
      : shared.then(
          (existing) => (existing.serving ? existing : Supervisor.start()),
          () => Supervisor.start(),
        );
  return shared;
}
