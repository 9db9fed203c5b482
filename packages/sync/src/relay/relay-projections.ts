import { invalidateCache } from "../cache/invalidate-cache.ts";
import { projectConfigs } from "../project/project-configs.ts";
import { projectSessions } from "../project/project-sessions.ts";
import { projectStates } from "../project/project-states.ts";
import type { Projection } from "../project/projection.ts";
import type { RelayOptions } from "./relay-options.ts";

/** The projections that a relay runs. */
export function relayProjections({ database, link, project = {} }: RelayOptions): readonly Projection[] {
  const { states = true, sessions = true, configs = true, cache = true } = project;
  return [
    ...(states ? [projectStates(link, database.background)] : []),
    ...(sessions ? [projectSessions(link, database.background)] : []),
    ...(configs ? [projectConfigs(link, database.background)] : []),
    ...(cache ? [invalidateCache(link)] : []),
  ];
}
