import { agentsLifecycleEventsRow, agentsRegistryRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

/** `agents.registry`. */
export const registry = entity(
  agentsRegistryRow.extend({ capabilities: storedJson, configuration: storedJson, metadata: storedJson }),
);
/** An agent: who it is, how it is, and when it was last heard of. */
export type Agent = z.output<typeof registry.row>;

/** `agents.lifecycle_events`. */
export const lifecycleEvents = entity(agentsLifecycleEventsRow.extend({ event_data: storedJson }));
/** Something that happened to an agent. */
export type LifecycleEvent = z.output<typeof lifecycleEvents.row>;
