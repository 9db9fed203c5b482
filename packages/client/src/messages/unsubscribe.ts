import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** Which subscriptions to end: one, or all of an agent, or all that an agent has to one topic. */
export type UnsubscribeInput =
  | { readonly subscriptionId: string }
  | { readonly agentId: string; readonly channelId?: string | undefined };

const unsubscribeInput = z.union([
  z.strictObject({ subscriptionId: z.guid() }),
  z.strictObject({ agentId: z.guid(), channelId: z.guid().optional() }),
]);

/** Ends subscriptions; what was published before stays in the inbox. Returns how many ended: 0 when there was none. */
export async function unsubscribe(
  on: Executor,
  input: UnsubscribeInput,
  options?: QueryOptions,
): Promise<number> {
  const which = parseInput(unsubscribeInput, input, "the subscriptions to end");
  const condition =
    "subscriptionId" in which
      ? sql.fragment`s.subscription_id = ${which.subscriptionId}::UUID`
      : sql.fragment`s.agent_id = ${which.agentId}::UUID
          AND s.channel_id = COALESCE(${which.channelId ?? null}::UUID, s.channel_id)`;
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`DELETE FROM messages.subscriptions AS s WHERE ${condition}`,
    options,
  );
  return rowCount;
}
