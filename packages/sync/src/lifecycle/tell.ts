/**
 * Tells a listener of the user. What it throws, or rejects with, is none of the teller's failures: it goes to `failed`,
 * else it becomes a warning of the process.
 */
export function tell<Heard>(
  listener: ((heard: Heard) => unknown) | undefined,
  heard: Heard,
  failed: (error: unknown) => void = warn,
): void {
  try {
    const result = listener?.(heard);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(`a listener threw: ${error instanceof Error ? error.message : String(error)}`);
}
