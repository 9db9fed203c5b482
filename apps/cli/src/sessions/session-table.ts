import type { Colours } from "../output/colours.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { utcText } from "../output/utc-text.ts";
import { ownerText } from "./owner-text.ts";
import type { ShownSession } from "./shown-session.ts";

/** Sessions below each other, each with its owner below it, within 120 columns. */
export function sessionTable(sessions: readonly ShownSession[], colours: Colours): string[] {
  const rows = sessions.map((session) => ({
    cells: [
      session.sessionId,
      session.sessionType,
      utcText(session.createdAt),
      utcText(session.lastActivity),
      utcText(session.expiresAt),
    ],
    below: ownerText(session),
  }));
  return stackedTable(["session", "type", "begun", "last used", "expires"], rows, colours);
}
