import type { SessionType } from "@mister-smith/client";

/** Every type of a session, as options take them. */
export const sessionTypes = [
  "interactive",
  "api",
  "system",
  "background",
] as const satisfies readonly SessionType[];
