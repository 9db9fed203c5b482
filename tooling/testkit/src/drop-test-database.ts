import { setTimeout as sleep } from "node:timers/promises";
import { SmithError } from "@mister-smith/errors";
import { type AdminConnection, adminConnection } from "./admin-connection.ts";
import { connectionsTo, dropDatabase } from "./sql/databases.ts";
import type { TestCluster } from "./test-run.ts";

/** The server needs a moment to take notice of a connection that the client has closed. */
const noticeTimeoutMs = 2_000;

/** Drops the database; a connection that is still open makes it fail, after it was dropped. */
export async function dropTestDatabase(cluster: TestCluster, name: string): Promise<void> {
  await using admin = await adminConnection(cluster.url);
  const open = await connectionsLeftOpen(admin, name);
  await admin.rows(dropDatabase(name));
  if (open.length === 0) return;
  const who = open.map((left) => `"${left.applicationName}" (last: ${left.lastQuery})`).join(", ");
  throw new SmithError(
    "TEST_DATABASE_IN_USE",
    `${open.length} connections to ${name} were left open: ${who}`,
    {
      hint: "Close every connection and pool before the test database is dropped.",
      details: { applicationNames: open.map((left) => left.applicationName) },
    },
  );
}

async function connectionsLeftOpen(admin: AdminConnection, name: string) {
  const deadline = performance.now() + noticeTimeoutMs;
  for (;;) {
    const open = await admin.rows(connectionsTo(name));
    if (open.length === 0 || performance.now() > deadline) return open;
    await sleep(10);
  }
}
