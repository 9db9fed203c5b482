import type { Lease } from "./lease.ts";

/** A lease that is held, with what its keeper does to it. */
export interface HeldLease extends Lease {
  /** It holds until then, by `performance.now()`. */
  renew(until: number): void;
  /** It is held no more. */
  end(): void;
}

/** Makes a lease that ends by itself when its time has come, however long nobody looked. */
export function heldLease(role: string, epoch: number, until: number): HeldLease {
  const ended = new AbortController();
  let endsAt = until;
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearTimeout(timer);
    ended.abort();
  };
  const renew = (later: number) => {
    endsAt = later;
    clearTimeout(timer);
    timer = setTimeout(end, Math.max(0, endsAt - performance.now()));
  };
  renew(until);
  return {
    role,
    epoch,
    signal: ended.signal,
    holds: () => !ended.signal.aborted && performance.now() < endsAt,
    renew,
    end,
  };
}
