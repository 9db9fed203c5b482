import { knowledgeFactsRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

/** The table `knowledge.facts` as the client's users see it. */
export const facts = entity(knowledgeFactsRow.extend({ object_value: storedJson, evidence: storedJson }));

/** What is held about an entity: a predicate and its object, how sure, since when and until when. */
export type Fact = z.output<typeof facts.row>;
