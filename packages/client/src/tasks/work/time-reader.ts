import pg from "pg";
import { ClientError } from "../../errors/client-error.ts";

/** TIMESTAMPTZ. */
const timeType = 1184;

/**
 * Makes a reader of times that were sent as text: as the driver reads them, but a text that comes again and again, as of
 * tasks that were enqueued together, is read once. Each answer is a `Date` of its own.
 *
 * The reader throws ClientError `UNEXPECTED_ROW` for a text that is no time to it.
 */
export function timeReader(): (text: string) => Date {
  let lastText = "";
  let last: unknown;
  return (text) => {
    if (text !== lastText) {
      last = timeOf(text);
      lastText = text;
    }
    // The driver has numbers for infinity; they stay as they are.
    return (last instanceof Date ? new Date(last) : last) as Date;
  };
}

const read: (text: string) => unknown = pg.types.getTypeParser(timeType, "text");

function timeOf(text: string): unknown {
  const time = read(text);
  if (time !== null) return time;
  throw new ClientError("UNEXPECTED_ROW", `${text} is no time in the form that this client reads`, {
    hint: "Leave DateStyle at ISO in the transaction.",
    details: { text },
  });
}
