/** A key of an index as the server writes it, with all that decides what it can be used for. */
export interface UsedKey {
  readonly text: string;
  /** Its operator class and collation, by their numbers. */
  readonly opclass: string;
  readonly collation: string;
  readonly isDescending: boolean;
  readonly nullsFirst: boolean;
}

/** An index with its uses, as far as it decides whether it can go. */
export interface UsedIndex {
  readonly oid: string;
  readonly name: string;
  readonly method: string;
  readonly keys: readonly UsedKey[];
  readonly include: readonly string[];
  /** The conditions of a partial one, as the server writes them; all of them hold for its rows. */
  readonly predicates: readonly string[];
  /** Whether a constraint, uniqueness, or the identity of rows on replicas, rests on it. */
  readonly isNeeded: boolean;
  readonly isValid: boolean;
  /** Whether somebody builds an index of the table right now: one that is not valid may be that one. */
  readonly isBuilding: boolean;
  readonly isPartitioned: boolean;
  readonly scans: number;
  /** For one that belongs to an index of a partitioned table: whether that one goes; null for one that stands alone. */
  readonly goesWithWhole: boolean | null;
}

/** What an index is to its table; see {@link UsageVerdict.verdict}. */
export interface UsageVerdict {
  /**
   * `needed`: a constraint, or the identity of rows on replicas, rests on it; `repeated`: another index, which stays, does all
   * that it does; `building`: it is being built; `invalid`: its building failed; `unused`: it was never used here;
   * `too early`: it was not, but that was counted for too short a time.
   */
  readonly verdict: "needed" | "in use" | "unused" | "too early" | "repeated" | "building" | "invalid";
  /** The index that does its work; null for none. */
  readonly by: string | null;
  /** Whether nothing speaks against dropping it, together with all others of which that is said. */
  readonly canGo: boolean;
}

/** What is known of the counting of uses. */
export interface CountedUses {
  /** Whether uses were counted for long enough that none means something. */
  readonly isLongEnough: boolean;
  /** Whether servers read from this one: what they use is not counted here. */
  readonly hasReplicas: boolean;
}

/**
 * Judges the indexes of one table together: all that can go may be dropped at once, and what was used, or keeps a constraint, has
 * an index after that which does its work.
 */
export function judgeUsage(
  indexes: readonly UsedIndex[],
  { isLongEnough, hasReplicas }: CountedUses,
): ReadonlyMap<UsedIndex, UsageVerdict> {
  const isIdle = (one: UsedIndex) =>
    !one.isNeeded && one.scans === 0 && isLongEnough && !hasReplicas && one.goesWithWhole === null;
  const staying = indexes.filter((one) => one.isValid && one.goesWithWhole !== true && !isIdle(one));
  // Covering is transitive and ties are broken: what is covered at all is covered by one that nothing covers.
  const kept = staying.filter(
    (one) => one.isNeeded || one.goesWithWhole !== null || !staying.some((other) => replaces(other, one)),
  );
  const verdictOf = (one: UsedIndex): UsageVerdict => {
    if (one.isNeeded) return { verdict: "needed", by: null, canGo: false };
    if (!one.isValid) {
      if (one.isBuilding) return { verdict: "building", by: null, canGo: false };
      // The parts of a whole that is not complete are used none the less, and would go with it.
      return { verdict: "invalid", by: null, canGo: !one.isPartitioned || one.scans === 0 };
    }
    const by = kept.find((other) => replaces(other, one));
    if (by !== undefined) return { verdict: "repeated", by: by.name, canGo: true };
    if (one.scans > 0) return { verdict: "in use", by: null, canGo: false };
    if (!isLongEnough) return { verdict: "too early", by: null, canGo: false };
    // What is unused here may be all that a replica has.
    return { verdict: "unused", by: null, canGo: !hasReplicas };
  };
  return new Map(indexes.map((one) => [one, verdictOf(one)]));
}

/** Whether one index makes another one needless: of two that are the same, the one that must stay, else that of more uses. */
function replaces(one: UsedIndex, other: UsedIndex): boolean {
  if (one === other || !one.isValid || !doesAllOf(one, other)) return false;
  return !doesAllOf(other, one) || rank(one, other) < 0;
}

const stays = (one: UsedIndex) => (one.isNeeded || one.goesWithWhole !== null ? 0 : 1);
const rank = (a: UsedIndex, b: UsedIndex) =>
  stays(a) - stays(b) || b.scans - a.scans || (a.name < b.name ? -1 : 1);

function doesAllOf(one: UsedIndex, other: UsedIndex): boolean {
  if (one.method !== other.method) return false;
  if (!one.predicates.every((text) => other.predicates.includes(text))) return false;
  const carried = new Set([...one.include, ...one.keys.map(({ text }) => text)]);
  if (!other.include.every((name) => carried.has(name))) return false;
  // These look up each of their keys for itself, in whatever place.
  if (one.method === "gin" || one.method === "brin")
    return other.keys.every((key) => one.keys.some((mine) => isSame(mine, key)));
  if (one.method !== "btree" && one.keys.length !== other.keys.length) return false;
  const agree = (isOpposite: boolean) =>
    other.keys.every((key, at) => {
      const mine = one.keys[at];
      return (
        mine !== undefined &&
        isSame(mine, key) &&
        (key.isDescending === mine.isDescending) !== isOpposite &&
        (key.nullsFirst === mine.nullsFirst) !== isOpposite
      );
    });
  return agree(false) || (one.method === "btree" && agree(true));
}

const isSame = (a: UsedKey, b: UsedKey) =>
  a.text === b.text && a.opclass === b.opclass && a.collation === b.collation;
