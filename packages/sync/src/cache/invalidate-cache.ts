import type { OutboxEvent } from "../events/outbox-event.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { groupKeys } from "../project/group-keys.ts";
import type { Projection } from "../project/projection.ts";
import { invalidator } from "./stored-generations.ts";
import { tagsOfEvent } from "./tags-of-event.ts";

/** Invalidates what is cached of all that events tell of: one message for as many events as come meanwhile. */
export function invalidateCache(link: NatsLink): Projection {
  const invalidate = invalidator(link);
  const follow = groupKeys<OutboxEvent>({
    maxKeys: 10_000,
    maxGroups: 1,
    run: async (events) => {
      const tags = new Set<string>();
      for (const event of events) for (const tag of tagsOfEvent(event)) tags.add(tag);
      await invalidate(tags);
      return [];
    },
  });
  return { name: "cache", concerns: () => true, apply: follow };
}
