/**
 * Asks something for many at once, so that each gets an answer to a question that was put after its own call: whoever
 * comes while one is under way shares the next.
 */
export function freshly<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<unknown> | undefined;
  let queued: Promise<Answer> | undefined;
  const begin = () => {
    const asked = ask();
    const settled = asked.then(
      () => {},
      () => {},
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = undefined;
    });
    return asked;
  };
  return () => {
    if (running === undefined) return begin();
    queued ??= running.then(() => {
      queued = undefined;
      return begin();
    });
    return queued;
  };
}
