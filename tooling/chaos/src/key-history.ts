/** What a key may hold: the number of the write that put it, or nothing. */
export type Held = number | "nothing";

/**
 * What is known of one key, all of whose writes are numbered and made one after the other.
 *
 * Only the last write that was acknowledged counts, and those after it whose outcome is not known: each of these may
 * have been stored or not.
 */
export class KeyHistory {
  #next = 1;
  #acknowledged: Held = "nothing";
  #acknowledgedNumber = 0;
  #unknown: { readonly number: number; readonly holds: Held }[] = [];
  /** The least number that may still be seen, as far as readers have seen. */
  #floor = 0;

  /** Begins a write; returns its number. */
  begin(): number {
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  acknowledged(number: number, kind: "put" | "delete"): void {
    this.#acknowledgedNumber = number;
    this.#acknowledged = kind === "put" ? number : "nothing";
    this.#unknown = this.#unknown.filter((write) => write.number > number);
  }

  unknown(number: number, kind: "put" | "delete"): void {
    this.#unknown.push({ number, holds: kind === "put" ? number : "nothing" });
  }

  /** What it may hold when nothing is under way: undefined when `held` is that, else what is wrong. */
  wrongAtRest(held: Held): string | undefined {
    if (held === this.#acknowledged || this.#unknown.some(({ holds }) => holds === held)) return undefined;
    const allowed = [this.#acknowledged, ...this.#unknown.map(({ holds }) => holds)];
    return `holds ${held}, may hold ${[...new Set(allowed)].join(" or ")}: write ${this.#acknowledgedNumber} was acknowledged`;
  }

  /** What a reader saw while writes are under way: an older write than was seen before is wrong. */
  wrongInMotion(held: Held): string | undefined {
    if (held === "nothing") {
      // What comes after it must be newer than what was there before.
      this.#floor = Math.max(this.#floor, this.#lastSeen + 1);
      return undefined;
    }
    const floor = this.#floor;
    this.#lastSeen = held;
    this.#floor = Math.max(floor, held);
    if (held >= this.#next) return `holds ${held}, which was never written`;
    return held < floor ? `went back to ${held} after ${floor} or a deletion was seen` : undefined;
  }

  #lastSeen = 0;
}
