import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Delivery, delivery } from "./delivery.ts";

/** Of which message, and which part of the list. */
export interface ListDeliveriesOptions extends PageOptions {
  readonly messageId: string;
}

const listDeliveriesOptions = z.strictObject({ ...pageOptions, messageId: z.guid() });
const byId: CursorKind<[string]> = { list: "deliveries", position: z.tuple([z.guid()]) };

/** How far a message is with each of its recipients, in the order of the deliveries' identifiers. */
export async function listDeliveries(
  on: Executor,
  which: ListDeliveriesOptions,
  options?: QueryOptions,
): Promise<Page<Delivery>> {
  const { messageId, limit, cursor } = parseInput(listDeliveriesOptions, which, "the deliveries");
  const [after] = readCursor(byId, cursor) ?? [];
  const rows = await on.read.any(
    sql.type(delivery.row)`
      SELECT ${delivery.columns("d")}
      FROM messages.deliveries AS d
      WHERE ${sql.and([
        sql.fragment`d.message_id = ${messageId}::UUID`,
        after !== undefined && sql.fragment`d.delivery_id > ${after}::UUID`,
      ])}
      ORDER BY d.delivery_id
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    byId,
    rows,
    limit,
    (row) => [row.deliveryId],
    (row) => row,
  );
}
