import type { Session } from "@mister-smith/client";

/** What lists tell of a session: not what the application keeps with it, which may be secret. */
export type ShownSession = Omit<Session, "sessionData" | "preferences">;

/** Leaves out of a session what the application keeps with it. */
export function shownSession({ sessionData: _, preferences: __, ...session }: Session): ShownSession {
  return session;
}
