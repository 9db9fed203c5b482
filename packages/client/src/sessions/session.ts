import { sessionsActiveRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

/** A session without the hash of its token, which nobody needs to see. */
export const session = entity(
  sessionsActiveRow
    .omit({ session_token: true })
    .extend({ session_data: storedJson, preferences: storedJson, permissions: storedJson }),
);
/** A session of a user or an agent. */
export type Session = z.output<typeof session.row>;
/** What a session is for. */
export type SessionType = Session["sessionType"];
