import type { Collector } from "../collect/collector.ts";
import { checkpoints, databases, locks, sizes, statements, wal } from "./activity.ts";
import { indexBloat, tableBloat } from "./bloat.ts";
import { connectionLimit, connections } from "./connections.ts";
import { fileSystems, serverFiles, tablespaces } from "./disk.ts";
import { outbox, taskQueue } from "./ours.ts";
import { deadRows, indexes, redundantIndexes, sequences } from "./relations.ts";
import { archiver, followers, replica, slots } from "./replication.ts";
import { server } from "./server.ts";
import { horizon, transactions, wraparound } from "./transactions.ts";

/** Every collector, in the order in which they ask. */
export const allCollectors: readonly Collector[] = [
  server,
  connections,
  connectionLimit,
  transactions,
  horizon,
  locks,
  databases,
  wal,
  checkpoints,
  archiver,
  followers,
  replica,
  slots,
  wraparound,
  deadRows,
  indexes,
  redundantIndexes,
  sequences,
  tableBloat,
  indexBloat,
  sizes,
  tablespaces,
  serverFiles,
  fileSystems,
  statements,
  taskQueue,
  outbox,
];
