import { z } from "zod";
import { idsInput } from "../input/id-input.ts";

/** The ids of one or several agents, apart by commas. */
export const agentsInput = z
  .string()
  .transform((text) => text.split(","))
  .pipe(idsInput);
