import type { Smithd } from "./smithd.ts";

/** The memory of smithd in a stretch of its work, in bytes. */
export interface MemoryMark {
  /** How many keys were through at its end. */
  readonly keys: number;
  /** The most that was resident. */
  readonly resident: number;
  /** The least that the heap had in use: what is left when its garbage is collected. */
  readonly heap: number;
}

const everyMs = 250;

/** Looks at the memory of smithd again and again while it works. */
export class MemorySeries implements Disposable {
  readonly marks: MemoryMark[] = [];
  readonly #smithd: Smithd;
  readonly #timer: NodeJS.Timeout;
  #resident = 0;
  #heap = Number.POSITIVE_INFINITY;

  constructor(smithd: Smithd) {
    this.#smithd = smithd;
    // What is missed by a look that fails, the next one sees.
    this.#timer = setInterval(() => void this.#look().catch(() => {}), everyMs);
  }

  /** Ends a stretch, and begins the next. */
  async mark(keys: number): Promise<void> {
    await this.#look();
    this.marks.push({ keys, resident: this.#resident, heap: this.#heap });
    this.#resident = 0;
    this.#heap = Number.POSITIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const metrics = await this.#smithd.metrics();
    this.#resident = Math.max(this.#resident, metrics.get("smith_daemon_process_resident_memory_bytes") ?? 0);
    this.#heap = Math.min(
      this.#heap,
      metrics.get("smith_daemon_nodejs_heap_size_used_bytes") ?? Number.POSITIVE_INFINITY,
    );
  }
}

/** How much more the last third of a series is on average than the first third, in its own unit. */
export function growthOf(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  return mean(values.slice(-third)) - mean(values.slice(0, third));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
