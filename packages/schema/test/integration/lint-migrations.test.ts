import { describe, expect, it } from "vitest";
import { lintMigrations, migrationsFolder } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const shop = {
  "00001_shop.up.sql": "CREATE TABLE orders (id bigint, note text);",
  "00001_shop.down.sql": "DROP TABLE orders;",
  "00002_index.up.sql": "CREATE INDEX orders_note ON orders (note);\n",
  "00002_index.down.sql": "DROP INDEX orders_note;\n",
};

describe("linting a folder", () => {
  it("finds nothing in our own migrations", async () => {
    const result = await lintMigrations({ folder: migrationsFolder() });
    expect(result.findings).toEqual([]);
    expect(result.ok).toBe(true);
    expect(result.files).toBeGreaterThan(30);
  });

  it("says rule, file and line, and fails on an error", async () => {
    await using folder = await temporaryFolder(shop);
    expect(await lintMigrations({ folder: folder.path })).toMatchObject({
      ok: false,
      files: 4,
      findings: [{ rule: "index-not-concurrent", severity: "error", file: "00002_index.up.sql", line: 1 }],
    });
  });

  it("passes when a rule is only a warning, or is off", async () => {
    await using folder = await temporaryFolder(shop);
    const warned = await lintMigrations({
      folder: folder.path,
      config: { rules: { "index-not-concurrent": "warning" } },
    });
    expect(warned).toMatchObject({ ok: true, findings: [{ severity: "warning" }] });
    const silent = await lintMigrations({
      folder: folder.path,
      config: { rules: { "index-not-concurrent": "off" } },
    });
    expect(silent).toMatchObject({ ok: true, findings: [] });
  });

  it("reports on the asked-for versions alone, and knows what the ones before created", async () => {
    await using folder = await temporaryFolder({
      ...shop,
      "00003_more.up.sql": "CREATE INDEX orders_id ON orders (id);",
      "00003_more.down.sql": "DROP INDEX orders_id;",
    });
    const from = await lintMigrations({ folder: folder.path, from: 3 });
    expect(from.findings.map(({ file }) => file)).toEqual(["00003_more.up.sql"]);
    const pending = await lintMigrations({ folder: folder.path, pending: [2] });
    expect(pending.findings.map(({ file }) => file)).toEqual(["00002_index.up.sql"]);
  });

  it("takes CRLF and a byte-order mark as the runner does", async () => {
    await using folder = await temporaryFolder({
      "00001_a.up.sql": "\uFEFFCREATE TABLE t (id bigint);\r\n\r\nDROP TABLE other;\r\n",
      "00001_a.down.sql": "DROP TABLE t;\r\n",
    });
    const { findings } = await lintMigrations({ folder: folder.path });
    expect(findings).toMatchObject([{ rule: "drop-table", line: 3 }]);
  });

  it("refuses a folder that is not there, and a setting for a rule that does not exist", async () => {
    await expect(lintMigrations({ folder: "/nowhere/at/all" })).rejects.toMatchObject({
      code: "MIGRATION_FOLDER",
    });
    await using folder = await temporaryFolder(shop);
    await expect(
      lintMigrations({ folder: folder.path, config: { rules: { "no-such-rule": "off" } } }),
    ).rejects.toMatchObject({ code: "MIGRATION_USAGE", message: expect.stringContaining("no-such-rule") });
  });
});
