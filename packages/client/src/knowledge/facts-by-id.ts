import { sql } from "../statement/sql.ts";
import { facts } from "./fact.ts";

/** The facts with these identifiers that are there, in any order. */
export const factsById = (factIds: readonly string[]) => sql.type(facts.row)`
  SELECT ${facts.columns("f")} FROM knowledge.facts AS f WHERE f.fact_id = ANY (${sql.array(factIds, "uuid")})
`;
