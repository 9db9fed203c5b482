/** Lets those in that may run. */
export interface Gate {
  /** Resolves when one more may run; it leaves when it has. */
  enter(): Promise<void>;
  leave(): void;
}

/**
 * Runs something for each input, so many at once, and returns the results in the order of the inputs. When one fails,
 * no further one begins, and the first failure is thrown when all that had begun have ended.
 *
 * @param gate each waits there before it begins; it must not wait there again while it runs
 */
export async function inFlight<Input, Output>(
  inputs: readonly Input[],
  most: number,
  run: (input: Input, index: number) => Promise<Output>,
  gate?: Gate,
): Promise<Output[]> {
  const results = new Array<Output>(inputs.length);
  const failures: unknown[] = [];
  let next = 0;
  const isOver = () => next >= inputs.length || failures.length > 0;
  const runNext = async () => {
    if (isOver()) return;
    const index = next++;
    try {
      results[index] = await run(inputs[index] as Input, index);
    } catch (error) {
      failures.push(error);
    }
  };
  const worker = async () => {
    while (!isOver()) {
      await gate?.enter();
      await runNext();
      gate?.leave();
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(1, most), inputs.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
