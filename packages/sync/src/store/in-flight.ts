/**
 * Runs something for each input, so many at once, and returns the results in the order of the inputs. When one fails,
 * no further one begins, and the first failure is thrown when all that had begun have ended.
 */
export async function inFlight<Input, Output>(
  inputs: readonly Input[],
  most: number,
  run: (input: Input, index: number) => Promise<Output>,
): Promise<Output[]> {
  const results = new Array<Output>(inputs.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < inputs.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await run(inputs[index] as Input, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(1, most), inputs.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
