import { type Statement, sql } from "@mister-smith/client";
import { z } from "zod";

const nothing = z.object({});

/**
 * A statement that the database itself has written, to be run as it stands. Never for text that holds a value
 * from anywhere else.
 */
export function rawStatement(statement: string): Statement<typeof nothing> {
  return { ...sql.type(nothing)`SELECT`, sql: statement };
}
