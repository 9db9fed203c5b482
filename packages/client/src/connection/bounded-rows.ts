import { type Call, type CallBounds, fromNow, startCall } from "./call.ts";

/**
 * Rows that end with their call, also while nobody asks for the next one: `rows` is ended then and gives back what it
 * holds, and whoever asks next gets the reason.
 *
 * @param rows is given the call of all of them, and bounds of the same time for what it starts
 */
export async function* boundedRows<Row, Options extends CallBounds>(
  options: Options | undefined,
  rows: (whole: Call, bounds: Options | undefined) => AsyncGenerator<Row, void, undefined>,
): AsyncGenerator<Row, void, undefined> {
  const bounds = fromNow(options);
  // A stream takes as long as its reader: only a limit that was asked for holds for all of it.
  const whole = startCall(bounds, 0);
  const inner = rows(whole, bounds);
  let ending: Promise<unknown> | undefined;
  const end = () => {
    // Nobody may be there to hear of it; the reason is told to whoever comes.
    ending ??= inner.return().catch(() => {});
    return ending;
  };
  try {
    for (let next = await inner.next(); next.done !== true; next = await inner.next()) {
      if (whole.ended !== undefined) throw whole.ended;
      whole.onEnd = end;
      yield next.value;
      whole.onEnd = undefined;
      if (whole.ended !== undefined) throw whole.ended;
    }
  } finally {
    whole.stop();
    await end();
  }
}
