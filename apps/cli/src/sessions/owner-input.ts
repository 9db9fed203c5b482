import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import { idInput } from "../input/id-input.ts";

/** The options that name whose sessions are meant. */
export const ownerOptions: readonly OptionSpec[] = [
  { flags: "--user <user-id>", description: "the sessions of this user" },
  { flags: "--agent <id>", description: "the sessions of this agent" },
];

/** What {@link ownerOptions} take. */
export const ownerInput = {
  user: z.string().min(1, "expected 1 to 255 characters").max(255, "expected 1 to 255 characters").optional(),
  agent: idInput.optional(),
};
