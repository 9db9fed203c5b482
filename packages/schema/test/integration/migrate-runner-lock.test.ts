import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { migrateDown, migrateUp } from "../../src/index.ts";
import { migrationLab } from "../support/migration-lab.ts";

const release = "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;";
const refusal = (file: string) => ({
  code: "MIGRATION_FAILED",
  message: `${file}, at its end: it has given back the lock that keeps other runners out`,
  hint: expect.stringContaining(`Nothing of ${file} was applied`),
});

describe.each(clusters())(
  "a file that gives back the lock of the runners on PostgreSQL $major",
  (cluster) => {
    it.each([
      ["from within a block", release],
      [
        "by a function",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'; SELECT f();",
      ],
    ])("%s is rolled back, and says so", async (_how, sql) => {
      await using lab = await migrationLab(cluster);
      await lab.write({
        "00001_x.up.sql": `CREATE TABLE t (); ${sql}`,
        "00002_y.up.sql": "CREATE TABLE y ();",
      });
      await expect(migrateUp(lab.options)).rejects.toMatchObject(refusal("00001_x.up.sql"));
      expect(await lab.rows("SELECT to_regclass('t') AS t, to_regclass('y') AS y")).toEqual([
        { t: null, y: null },
      ]);
      expect(await lab.rows("SELECT version FROM schema_migrations")).toEqual([]);
      expect(await lab.rows("SELECT outcome FROM schema_migrations_history")).toEqual([
        { outcome: "failed" },
      ]);
      await lab.write({ "00001_x.up.sql": "CREATE TABLE t ();" });
      expect(await migrateUp(lab.options)).toMatchObject({ to: 2 });
    });

    it("on the way back is rolled back as well", async () => {
      await using lab = await migrationLab(cluster);
      await lab.write({
        "00001_x.up.sql": "CREATE TABLE t ();",
        "00001_x.down.sql": `DROP TABLE t; ${release}`,
      });
      await migrateUp(lab.options);
      await expect(migrateDown(lab.options)).rejects.toMatchObject(refusal("00001_x.down.sql"));
      expect(await lab.rows("SELECT to_regclass('t') IS NOT NULL AS t")).toEqual([{ t: true }]);
    });

    it("is not blamed for a constraint of its own that fails at its end", async () => {
      await using lab = await migrationLab(cluster);
      await lab.write({
        "00001_x.up.sql":
          "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1);",
      });
      await expect(migrateUp(lab.options)).rejects.toMatchObject({
        message: expect.stringContaining("violates foreign key"),
      });
    });
  },
);
