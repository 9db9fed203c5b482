import { sql } from "@mister-smith/client";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { BothStores } from "../hydrate/hydrate.ts";
import { followConfigs } from "./project-configs.ts";
import { followSessions } from "./project-sessions.ts";

const page = 1_000;
/** A bucket that is the same is gone through again after so long, in milliseconds, or four times in its time to live. */
const againAfterMs = 15 * 60_000;

/**
 * Keeps the buckets `AGENT_CONFIG` and `SESSION_DATA` complete, beside the events: all rows are gone through when it is called
 * first, when the bucket is another one or has been emptied, and four times within the bucket's time to live, so
 * that what counts in PostgreSQL is written again before the server drops it. A newer value is never overwritten.
 *
 * @returns what is to be called again and again
 */
export function keepFollowedFilled({
  database,
  link,
}: BothStores): (signal: AbortSignal | undefined) => Promise<void> {
  const on = database.background;
  const fills = [
    fill(
      "AGENT_CONFIG",
      followConfigs(link, on),
      sql.fragment`SELECT r.agent_id AS id FROM agents.registry AS r`,
    ),
    fill(
      "SESSION_DATA",
      followSessions(link, on),
      sql.fragment`SELECT s.session_id AS id FROM sessions.active AS s WHERE s.expires_at > now()`,
    ),
  ];
  return async (signal) => {
    for (const each of fills) await each(signal);
  };

  function fill(
    bucket: string,
    follow: (key: string) => Promise<void>,
    ids: ReturnType<typeof sql.fragment>,
  ) {
    let filled: { readonly created: string; readonly keys: number; readonly dueAt: number } | undefined;
    return async (signal: AbortSignal | undefined): Promise<void> => {
      const { created, maxAgeMs, messages } = await look(bucket);
      const isEmptied = messages === 0 && (filled?.keys ?? 0) > 0;
      if (filled?.created === created && !isEmptied && performance.now() < filled.dueAt) return;
      let keys = 0;
      let after = "00000000-0000-0000-0000-000000000000";
      for (;;) {
        signal?.throwIfAborted();
        const found = await on.anyFirst(sql.type(z.object({ id: z.string() }))`
          SELECT k.id::TEXT AS id FROM (${ids}) AS k WHERE k.id > ${after}::UUID ORDER BY k.id LIMIT ${page}`);
        await Promise.all(found.map((id) => follow(id).catch(unlessTooLarge)));
        keys += found.length;
        const last = found.at(-1);
        if (last === undefined || found.length < page) break;
        after = last;
      }
      const waitMs = maxAgeMs > 0 ? Math.min(againAfterMs, maxAgeMs / 4) : againAfterMs;
      filled = { created, keys, dueAt: performance.now() + waitMs };
    };
  }

  async function look(bucket: string) {
    try {
      const { created, config, state } = await link.manager.streams.info(`KV_${bucket}`);
      return { created, maxAgeMs: config.max_age / 1_000_000, messages: state.messages };
    } catch (error) {
      throw asSyncError(error, `look at the bucket ${bucket}`);
    }
  }
}

/** One row that fits into no message must not keep the others out. */
function unlessTooLarge(error: unknown): void {
  if (error instanceof SyncError && error.details["errorClass"] === "too-large") return;
  throw error;
}
