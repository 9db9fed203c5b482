/** Which attempt of its task a fencing token stands for, from 1; 0 when nobody has claimed it yet. */
export function attemptOf(fencingToken: bigint): number {
  // As tasks.attempt_of() has it: the lower 40 bits say when it was.
  return Number(fencingToken >> 40n);
}
