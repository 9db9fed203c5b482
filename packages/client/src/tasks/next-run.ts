import { Cron } from "croner";
import { ClientError } from "../errors/client-error.ts";

/** When a cron expression is due. */
export interface CronTime {
  /** Five fields, or six with seconds first; see https://croner.56k.guru for what else it may hold. */
  readonly cron: string;
  /** By its IANA name. */
  readonly timeZone: string;
}

/**
 * The next time after a given one.
 *
 * @throws ClientError `INVALID_INPUT` when the expression or the time zone is none, or it is never due again
 */
export function nextRun({ cron, timeZone }: CronTime, after: Date): Date {
  const next = laterRun({ cron, timeZone }, after);
  if (next !== null) return next;
  throw new ClientError("INVALID_INPUT", `the cron expression ${JSON.stringify(cron)} is never due again`, {
    hint: "Give one that comes again and again, as in `0 3 * * *` for three in the morning.",
    details: { cron, timeZone },
  });
}

/** As {@link nextRun}; null when it is never due again. */
export function laterRun({ cron, timeZone }: CronTime, after: Date): Date | null {
  return readCron(cron, timeZone).nextRun(after);
}

function readCron(cron: string, timeZone: string): Cron {
  try {
    const read = new Cron(cron, { timezone: timeZone, paused: true });
    // Only here does a time zone that is none show.
    read.nextRun();
    return read;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ClientError("INVALID_INPUT", `not a schedule: ${JSON.stringify(cron)} in ${timeZone}: ${why}`, {
      hint: "Give five fields of cron, as in `0 3 * * *`, and a time zone by its IANA name, as in Europe/Berlin.",
      cause: error,
      details: { cron, timeZone },
    });
  }
}
