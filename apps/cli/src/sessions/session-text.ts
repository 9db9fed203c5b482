import type { Session } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { jsonText } from "../output/json-text.ts";
import { safeText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { exactUtcText } from "../output/utc-text.ts";
import type { ShownSession } from "./shown-session.ts";

/** A session for people; what the application keeps with it only where it was asked for. */
export function sessionText(session: ShownSession | Session, colours: Colours): string {
  return [
    ...fields(
      [
        ["session", session.sessionId],
        ["type", session.sessionType],
        ["user", session.userId === null ? null : safeText(session.userId)],
        ["agent", session.agentId],
        ["begun", exactUtcText(session.createdAt)],
        ["last used", exactUtcText(session.lastActivity)],
        ["expires", exactUtcText(session.expiresAt)],
        ["address", session.ipAddress],
        ["program", session.userAgent === null ? null : safeText(session.userAgent)],
      ],
      colours,
    ),
    ...section("permissions", jsonText(session.permissions).split("\n"), colours),
    ...("sessionData" in session ? section("data", jsonText(session.sessionData).split("\n"), colours) : []),
    ...("preferences" in session
      ? section("preferences", jsonText(session.preferences).split("\n"), colours)
      : []),
  ].join("\n");
}
