import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { readReference } from "../../src/reference/read-reference.ts";
import { referenceFiles } from "../../src/reference/reference-files.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

const folder = join(import.meta.dirname, "../../../../docs/reference");
const write = "node --conditions=@mister-smith/source packages/schema/src/reference/write.ts URL";

describe.each(clusters())("the reference on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);

  it.each(["schema.md", "schema.json"] as const)("is what docs/reference/%s says", async (name) => {
    // The committed reference is of a server without pgvector.
    await database().client.query("SELECT knowledge.disable_vectors()");
    const files = referenceFiles(await readReference(database().client));
    expect(await readFile(join(folder, name), "utf8"), `stale: run ${write}`).toBe(files[name]);
  });

  it("does not change when partitions are added", async () => {
    const before = referenceFiles(await readReference(database().client));
    await database().client.query("SELECT partitions.maintain()");
    await database().client.query("SELECT partitions.create_task_type_partition('added')");
    expect(referenceFiles(await readReference(database().client))).toEqual(before);
  });
});
