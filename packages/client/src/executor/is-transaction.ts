import type { Executor } from "./executor.ts";

/** Whether what is refused there undoes what a caller did before: in a transaction both are one connection. */
export function isTransaction({ read, write }: Pick<Executor, "read" | "write">): boolean {
  return read === write;
}
