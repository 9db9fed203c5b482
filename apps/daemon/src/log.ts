import { isSmithError } from "@mister-smith/errors";
import { type Logger, pino } from "pino";

/** The log of the daemon: one JSON object a line on stdout, times in ISO 8601. */
export type Log = Logger;

/** Makes the log. Errors are shown with code, hint and details; nothing of a configuration is. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: shownError },
  });
}

function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message } = error;
  if (isSmithError(error))
    return {
      name,
      code: error.code,
      message,
      hint: error.hint,
      retryable: error.retryable,
      details: error.details,
    };
  return { name, message, stack: error.stack };
}
