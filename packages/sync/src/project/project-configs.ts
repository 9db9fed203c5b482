import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { NatsLink } from "../nats/nats-link.ts";
import { followRows } from "./follow-rows.ts";
import type { Projection } from "./projection.ts";

const configRow = z.object({ agentId: z.string(), value: z.string() });

/**
 * Keeps the bucket `AGENT_CONFIG` in step with what agents are set up with: key `agent_id`, value JSON with `agent_id`,
 * `agent_type`, `agent_name`, `configuration`, `capabilities` and `updated_at`. A configuration may hold secrets: who may
 * read the bucket is decided by NATS.
 */
export function projectConfigs(link: NatsLink, on: Queryable, bucket = "AGENT_CONFIG"): Projection {
  const follow = followConfigs(link, on, bucket);
  return {
    name: "configs",
    concerns: ({ kind }) => kind === "config",
    apply: ({ aggregate }) => follow(aggregate.slice("config:".length)),
  };
}

/** Brings a key of `AGENT_CONFIG` level with its row. */
export function followConfigs(
  link: NatsLink,
  on: Queryable,
  bucket = "AGENT_CONFIG",
): (key: string) => Promise<void> {
  return followRows({
    link,
    bucket,
    isReadThrough: false,
    read: async (keys) => {
      const rows = await on.any(sql.type(configRow)`
        SELECT
          r.agent_id::TEXT AS "agentId",
          jsonb_build_object(
            'agent_id', r.agent_id, 'agent_type', r.agent_type, 'agent_name', r.agent_name,
            'configuration', r.configuration, 'capabilities', r.capabilities, 'updated_at', r.updated_at
          )::TEXT AS value
        FROM agents.registry AS r
        WHERE r.agent_id = ANY (${sql.array([...keys], "uuid")})
      `);
      const values = new Map(rows.map(({ agentId, value }) => [agentId, value]));
      return keys.map((key) => ({
        value: values.get(key),
        expiresAt: undefined,
        agentActive: true,
        flushedTo: Number.POSITIVE_INFINITY,
      }));
    },
  });
}
