import { agentsStateRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

/** `agents.state` with its values. */
export const stateEntries = entity(agentsStateRow.extend({ state_value: storedJson }));
/** A value of an agent's state, with its key, version, checksum and times. */
export type StateEntry = z.output<typeof stateEntries.row>;

/** `agents.state` without its values, which may be large. */
export const stateInfos = entity(agentsStateRow.omit({ state_value: true }));
/** What is known of a value without reading it. */
export type StateInfo = z.output<typeof stateInfos.row>;
