import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import { commonInput, versionInput } from "./common-options.ts";

/** The options that say how far back to go. */
export const reachOptions: readonly OptionSpec[] = [
  { flags: "--to <version>", description: "everything newer than this version; 0 is everything" },
  { flags: "--steps <count>", description: "this many, newest first; default: 1" },
];

/** The option that lets rows go. */
export const acceptDataLossOption: OptionSpec = {
  flags: "--accept-data-loss",
  description: "drop what holds rows as well; the rows are gone for good",
};

const stepsText = "expected a whole number from 1";

/** What `migrate down` and `migrate redo` take. */
export const downInput = z
  .strictObject({
    to: versionInput.optional(),
    steps: z.coerce.number(stepsText).int(stepsText).min(1, stepsText).optional(),
    acceptDataLoss: z.boolean().default(false),
    ...commonInput,
  })
  .refine(({ to, steps }) => to === undefined || steps === undefined, "give --steps or --to, not both");
