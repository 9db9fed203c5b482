import type { z } from "zod";
import { choice, nullable } from "./column.ts";
import { inet, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId } from "./domains.ts";

const columns = {
  session_id: uuid,
  session_token: varchar(255),
  agent_id: nullable(agentId),
  user_id: nullable(varchar(255)),
  session_type: choice(varchar(50), ["interactive", "api", "system", "background"]),
  session_data: jsonb,
  preferences: jsonb,
  ip_address: nullable(inet),
  user_agent: nullable(text),
  permissions: jsonb,
  created_at: timestamptz,
  last_activity: timestamptz,
  expires_at: timestamptz,
};

/** The table `sessions.active`: sessions, the expired ones until they are reaped. */
export const sessionsActive = defineRow(columns);
/** Parses a row of `sessions.active`. */
export const sessionsActiveRow = sessionsActive.row;
/** A row of `sessions.active`. */
export type SessionsActiveRow = z.output<typeof sessionsActiveRow>;

/** The view `sessions.live`: the sessions that have not expired. */
export const sessionsLive = defineRow(columns);
/** Parses a row of `sessions.live`. */
export const sessionsLiveRow = sessionsLive.row;
/** A row of `sessions.live`. */
export type SessionsLiveRow = z.output<typeof sessionsLiveRow>;
