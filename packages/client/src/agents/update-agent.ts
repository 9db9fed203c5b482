import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";
import { noSuchAgent } from "./agent-error.ts";
import { agentName, json, metadata } from "./agent-fields.ts";

/** What changes of an agent; each field given replaces the one before as a whole. */
export interface UpdateAgentInput {
  readonly agentName?: string | undefined;
  readonly capabilities?: JsonInput | undefined;
  readonly configuration?: JsonInput | undefined;
  /** Where `created_at` and `version` are left out, they stay as they are. */
  readonly metadata?: { readonly [key: string]: JsonInput } | undefined;
}

const updateInput = z.strictObject({
  agentName: agentName.optional(),
  capabilities: json.optional(),
  configuration: json.optional(),
  metadata: metadata.optional(),
});

/** Changes what is known of an agent; see {@link Agents.update}. */
export async function updateAgent(
  on: Executor,
  agentId: string,
  input: UpdateAgentInput,
  options?: QueryOptions,
): Promise<Agent> {
  const id = parseInput(z.guid(), agentId, "the agent to update");
  const changes = assignments(parseInput(updateInput, input, "the update of the agent"));
  // With nothing to change it only reads; the row is the latest all the same.
  const statement =
    changes.length === 0
      ? sql.type(
          registry.row,
        )`SELECT ${registry.columns("a")} FROM agents.registry AS a WHERE a.agent_id = ${id}`
      : sql.type(registry.row)`
          UPDATE agents.registry AS a SET ${sql.join(changes, sql.fragment`, `)}
          WHERE a.agent_id = ${id}
          RETURNING ${registry.columns("a")}`;
  const agent = await on.write.maybeOne(statement, options);
  if (agent === null) throw noSuchAgent(id);
  return agent;
}

function assignments({ agentName: name, capabilities, configuration, metadata: rest }: UpdateAgentInput) {
  return [
    name !== undefined && sql.fragment`agent_name = ${name}`,
    capabilities !== undefined &&
      sql.fragment`capabilities = ${jsonText(capabilities, "the capabilities")}::JSONB`,
    configuration !== undefined &&
      sql.fragment`configuration = ${jsonText(configuration, "the configuration")}::JSONB`,
    rest !== undefined &&
      sql.fragment`metadata = pg_catalog.jsonb_build_object(
        'created_at', a.metadata -> 'created_at', 'version', a.metadata -> 'version'
      ) || ${jsonText(rest, "the metadata")}::JSONB`,
  ].filter((assignment) => assignment !== false);
}
