import type { JsonValue } from "@mister-smith/schema";
import { z } from "zod";

/**
 * JSON as it comes out of a JSONB column. It is not looked through again: the server returns nothing else, and a
 * value of 10 MB would be walked node by node.
 */
export const storedJson = z.custom<JsonValue>((value) => value !== undefined);
