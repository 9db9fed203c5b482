import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import { wholeNumberInput } from "./whole-number-input.ts";

/** The options of a command that lists page by page. */
export const pageOptions: readonly OptionSpec[] = [
  { flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 50" },
  {
    flags: "--cursor <cursor>",
    description: "go on after the page that told this cursor; filters as before",
  },
];

/** What {@link pageOptions} take. */
export const pageInput = {
  limit: wholeNumberInput(1, 1000).default(50),
  cursor: z.string().min(1, "expected the cursor that the page before told").optional(),
};
