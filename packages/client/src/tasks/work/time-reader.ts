import pg from "pg";

/** TIMESTAMPTZ. */
const timeType = 1184;

/**
 * Makes a reader of times that were sent as text: as the driver reads them, but a text that comes again and again, as of
 * tasks that were enqueued together, is read once. Each answer is a `Date` of its own.
 */
export function timeReader(): (text: string) => Date {
  const read: (text: string) => unknown = pg.types.getTypeParser(timeType, "text");
  let lastText = "";
  let last: unknown;
  return (text) => {
    if (text !== lastText) {
      last = read(text);
      lastText = text;
    }
    // The driver has numbers for infinity; they stay as they are.
    return (last instanceof Date ? new Date(last) : last) as Date;
  };
}
