import { bigInteger } from "@mister-smith/schema";
import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { live } from "./live.ts";
import type { StateRef } from "./state-ref.ts";

const version = z.object({ version: bigInteger });

/** The version that a key is at; no row when it does not exist. */
export function liveVersion({ agentId, stateKey }: StateRef) {
  return sql.type(version)`
    SELECT s.version FROM agents.state AS s
    WHERE s.agent_id = ${agentId} AND s.state_key = ${stateKey} AND ${live("s")}`;
}
