import { type Statement, sql } from "@mister-smith/client";
import { z } from "zod";

const nothing = z.object({});

/** DDL, which takes no parameters, that this package has made from a parse tree or of quoted names alone. */
export function ownStatement(text: string): Statement<typeof nothing> {
  return { ...sql.type(nothing)`SELECT`, sql: text };
}
