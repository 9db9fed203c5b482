import type { Queryable } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { table } from "../output/table.ts";
import { busiestAgents, failures, knowledge } from "./sql/contents.ts";

/** Three short tables about what is in the database now. */
export async function contentLines(on: Queryable, colours: Colours): Promise<string[]> {
  const agents = await on.any(busiestAgents(6));
  const failed = await on.any(failures(4));
  const facts = await on.any(knowledge(6));
  return [
    ...table(
      ["agent", "type", "status", "steps", "failed", "messages", "facts"],
      agents.map((row) => [
        row.name,
        row.type,
        row.status,
        ...[row.steps, row.failed, row.messages, row.facts].map(String),
      ]),
      colours,
    ),
    "",
    ...table(
      ["what failed", "by", "why"],
      failed.map((row) => [short(row.did), row.agent, row.reason]),
      colours,
    ),
    "",
    ...table(
      ["known about", "what is said", "facts", "for example"],
      facts.map((row) => [row.about, row.predicate, String(row.facts), short(row.example)]),
      colours,
    ),
  ];
}

function short(text: string): string {
  return text.length <= 44 ? text : `${text.slice(0, 43)}…`;
}
