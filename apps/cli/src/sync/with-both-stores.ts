import type { Database } from "@mister-smith/client";
import type { NatsLink } from "@mister-smith/sync";
import type { Context } from "../context.ts";
import { withDatabase } from "../database/with-database.ts";
import { withNats } from "./with-nats.ts";

/**
 * Works with PostgreSQL and NATS and closes both whatever happens.
 *
 * @param doing what is being done, as "cannot …" would continue
 * @throws SyncError `NATS_UNREACHABLE`; what the database throws
 */
export function withBothStores<Result>(
  context: Context,
  doing: string,
  work: (stores: { readonly database: Database; readonly link: NatsLink }) => Promise<Result>,
): Promise<Result> {
  return withDatabase(context, doing, (database) => withNats(context, (link) => work({ database, link })));
}
