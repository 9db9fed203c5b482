import type { FactFilter } from "@mister-smith/client";
import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import { idInput } from "../input/id-input.ts";
import { momentInput } from "../input/moment-input.ts";
import { UsageError } from "../usage-error.ts";
import { entityFilterInput } from "./entity-input.ts";

/** The options that say which facts are meant. */
export const factFilterOptions: readonly OptionSpec[] = [
  {
    flags: "--entity <type:id>",
    description: "only facts about this entity, or with TYPE alone about those of a type",
  },
  { flags: "--predicate <predicate>", description: "only facts with this predicate" },
  { flags: "--source <id>", description: "only facts that this agent found out" },
  {
    flags: "--min-confidence <number>",
    description: "only facts at least so sure, 0 to 1; those without are left out",
  },
  {
    flags: "--as-of <time>",
    description: "facts valid then: a UTC time, a day, or so long ago: 2h; default: now",
  },
  { flags: "--ever", description: "also facts that are over, or yet to come" },
];

const confidence = "expected a number from 0 to 1";

/** What {@link factFilterOptions} take. */
export const factFilterInput = {
  entity: entityFilterInput.optional(),
  predicate: z.string().min(1, "expected a predicate").optional(),
  source: idInput.optional(),
  minConfidence: z
    .string()
    .regex(/^(0|1|0?\.\d+|1\.0+|0\.\d*)$/, confidence)
    .transform(Number)
    .optional(),
  asOf: momentInput.optional(),
  ever: z.boolean().default(false),
};

const filterInput = z.object(factFilterInput);

/** The filter that the options make. */
export function factFilterOf(input: z.output<typeof filterInput>): FactFilter {
  const { entity, predicate, source, minConfidence, asOf, ever } = input;
  if (ever && asOf !== undefined) {
    throw new UsageError("--as-of and --ever do not go together", {
      hint: "Give --as-of TIME for what was valid then, or --ever for all.",
    });
  }
  return {
    ...entity,
    predicate,
    sourceAgentId: source,
    minimumConfidence: minConfidence,
    validAt: ever ? "ever" : asOf,
  };
}
