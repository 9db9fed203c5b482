/**
 * Makes something at most once in a time, however many ask: they get what was made last, and those who ask at once the same.
 * What failed is made again when somebody asks.
 *
 * @param forMs for how long what was made is told again, in milliseconds
 */
export function shared<Made>(forMs: number, make: () => Promise<Made>): () => Promise<Made> {
  let last: { readonly made: Promise<Made>; readonly atMs: number } | undefined;
  let isUnderWay = false;
  return async () => {
    if (last !== undefined && (isUnderWay || performance.now() - last.atMs < forMs)) return await last.made;
    isUnderWay = true;
    const made = make().then(
      (value) => {
        isUnderWay = false;
        return value;
      },
      (error: unknown) => {
        isUnderWay = false;
        last = undefined;
        throw error;
      },
    );
    last = { made, atMs: performance.now() };
    return await made;
  };
}
