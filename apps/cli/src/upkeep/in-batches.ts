/**
 * Calls an upkeep that does so many at once until there is nothing left to do; returns how many it did.
 *
 * @param onBatch told after each batch how many are done so far
 */
export async function inBatches(
  work: (limit: number) => Promise<number>,
  batch: number,
  onBatch: (done: number) => void,
): Promise<number> {
  let done = 0;
  for (;;) {
    const some = await work(batch);
    done += some;
    onBatch(done);
    if (some < batch) return done;
  }
}
