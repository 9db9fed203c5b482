import { setTimeout as sleep } from "node:timers/promises";
import { SmithError } from "@mister-smith/errors";
import type { AdminConnection } from "./admin-connection.ts";
import { databaseName } from "./database-names.ts";
import { databaseUrl } from "./database-url.ts";
import {
  createDatabase,
  databasesNamed,
  dropDatabase,
  renameDatabase,
  tryLock,
  unlock,
} from "./sql/databases.ts";
import { type TestCluster, testRun } from "./test-run.ts";

/** A database that is prepared once a run and cluster, and cloned for each test file. */
export interface TestTemplate {
  /** Tells templates apart: short, lower-case; two of the same name must be prepared alike. */
  readonly name: string;
  /** Fills the empty database at `url`, and closes its connections. */
  prepare(url: string): Promise<void>;
}

/** Preparing a template may migrate everything on a slow machine. */
const lockTimeoutMs = 120_000;

/** Makes the template unless a worker of this run has done so; resolves with its database's name. */
export async function templateDatabase(
  admin: AdminConnection,
  cluster: TestCluster,
  template: TestTemplate,
): Promise<string> {
  const name = databaseName(testRun().id, `template_${template.name}`);
  await takeLock(admin, name);
  try {
    const existing = await admin.rows(databasesNamed(name));
    if (!existing.some((database) => database.name === name)) await build(admin, cluster, template, name);
  } finally {
    await admin.rows(unlock(name));
  }
  return name;
}

/** It gets its name when it is whole: one that was interrupted is never taken for done. */
async function build(
  admin: AdminConnection,
  cluster: TestCluster,
  template: TestTemplate,
  name: string,
): Promise<void> {
  const draft = databaseName(testRun().id, `draft_${template.name}`);
  await admin.rows(dropDatabase(draft));
  await admin.rows(createDatabase(draft, undefined));
  await template.prepare(databaseUrl(cluster.url, draft));
  await admin.rows(renameDatabase(draft, name));
}

async function takeLock(admin: AdminConnection, name: string): Promise<void> {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    const [row] = await admin.rows(tryLock(name));
    if (row?.taken === true) return;
    if (performance.now() > deadline) {
      throw new SmithError(
        "TEMPLATE_BUSY",
        `the template database ${name} was not prepared within ${lockTimeoutMs} ms`,
        {
          hint: "Another worker prepares it: its own error says why it does not come to an end.",
        },
      );
    }
    await sleep(20);
  }
}
