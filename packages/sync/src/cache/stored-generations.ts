import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { lastMessage } from "../project/last-message.ts";
import {
  areGenerations,
  cacheStream,
  freshGenerations,
  type Generations,
  generationsSubject,
  invalidated,
} from "./generations.ts";

interface Stored {
  readonly generations: Generations;
  readonly sequence: number;
}

const mostTries = 20;

/** The generations, for those who cache. */
export async function readGenerations(link: NatsLink): Promise<Generations | undefined> {
  const found = await lastMessage(link, { stream: cacheStream, subject: generationsSubject });
  return found !== undefined && areGenerations(found.data) ? found.data : undefined;
}

/** The generations; they are made when there are none. */
export async function ensureGenerations(link: NatsLink): Promise<Generations> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const found = await readStored(link);
    if (found !== undefined && areGenerations(found.generations)) return found.generations;
    const made = freshGenerations();
    if ((await replace(link, made, found?.sequence ?? 0)) !== undefined) return made;
  }
  throw tooManyTries();
}

/**
 * Makes an invalidator that does many at once. What it does nothing for is a cache that nobody uses: whoever begins
 * to will load what is valid then.
 */
export function invalidator(link: NatsLink): (tags: Iterable<string>) => Promise<void> {
  let known: Stored | undefined;

  return async (tags) => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      try {
        known ??= await readStored(link);
      } catch (error) {
        if (error instanceof SyncError && error.code === "TOPOLOGY") return;
        throw error;
      }
      if (known === undefined) return;
      const generations = invalidated(
        areGenerations(known.generations) ? known.generations : freshGenerations(),
        tags,
      );
      const expected = known.sequence;
      // Should the answer get lost, nothing is known of them.
      known = undefined;
      const sequence = await replace(link, generations, expected);
      if (sequence === undefined) continue;
      known = { generations, sequence };
      return;
    }
    throw tooManyTries();
  };
}

async function readStored(link: NatsLink): Promise<Stored | undefined> {
  const found = await lastMessage(link, {
    stream: cacheStream,
    subject: generationsSubject,
    fromLeader: true,
  });
  return found === undefined ? undefined : { generations: found.data, sequence: found.sequence };
}

/** Puts them in the place of those that were read; undefined when they are no longer the same. */
async function replace(
  link: NatsLink,
  generations: Generations,
  expected: number,
): Promise<number | undefined> {
  try {
    const { seq } = await link.js.publish(generationsSubject, generations, {
      expect: { lastSubjectSequence: expected },
    });
    return seq;
  } catch (error) {
    const known = asSyncError(error, "invalidate the cache");
    // Nobody takes the subject: whoever reads them again hears whether the bucket is gone.
    if (known.code === "REVISION_CONFLICT" || known.code === "UNSUPPORTED_SERVER") return undefined;
    throw known;
  }
}

function tooManyTries(): SyncError {
  return new SyncError(
    "REVISION_CONFLICT",
    `the cache was invalidated by others ${mostTries} times at once`,
    {
      retryable: true,
    },
  );
}
