import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type LifecycleEvent, lifecycleEvents } from "./agent.ts";
import { eventType } from "./agent-fields.ts";

/** Which events of an agent to list. */
export interface AgentEventsInput extends PageOptions {
  readonly agentId: string;
  /** Only events of this type. Default: all. */
  readonly eventType?: string | undefined;
}

const eventsInput = z.strictObject({ agentId: z.guid(), eventType: eventType.optional(), ...pageOptions });
const newestFirst: CursorKind<TimePosition> = { list: "agent events", position: timePosition };

/** Lists what happened to an agent, newest first; see {@link Agents.events}. */
export async function agentEvents(
  on: Executor,
  input: AgentEventsInput,
  options?: QueryOptions,
): Promise<Page<LifecycleEvent>> {
  const { agentId, eventType: type, limit, cursor } = parseInput(eventsInput, input, "the events to list");
  const after = readCursor(newestFirst, cursor);
  const ofType = type === undefined ? sql.fragment`TRUE` : sql.fragment`e.event_type = ${type}`;
  const rows = await on.read.any(
    sql.type(lifecycleEvents.row.extend({ exactTime: z.string() }))`
      SELECT ${lifecycleEvents.columns("e")}, ${exactTime(sql.fragment`e.created_at`)} AS "exactTime"
      FROM agents.lifecycle_events AS e
      WHERE e.agent_id = ${agentId} AND ${ofType}
        AND ${olderThan(after, sql.fragment`e.created_at`, sql.fragment`e.event_id`)}
      ORDER BY e.created_at DESC, e.event_id DESC
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    newestFirst,
    rows,
    limit,
    (event) => [event.exactTime, event.eventId],
    ({ exactTime: _, ...event }) => event,
  );
}
