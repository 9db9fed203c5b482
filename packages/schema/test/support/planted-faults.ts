/** A folder in which every file but the first and last has one fault; the number says which. */
export const plantedFaults: Readonly<Record<string, string>> = {
  "00001_base.up.sql": `
    CREATE SCHEMA s;
    CREATE TABLE s.a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text);
    CREATE TABLE s.b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL);
    CREATE SEQUENCE s.numbers;
    CREATE TABLE s.runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);`,
  "00001_base.down.sql":
    "DROP SEQUENCE s.numbers; DROP TABLE s.runs; DROP TABLE s.b; DROP TABLE s.a; DROP SCHEMA s;",
  "00002_index.up.sql": "CREATE INDEX a_label ON s.a (label);",
  "00002_index.down.sql": "SELECT 1;",
  "00003_comment.up.sql": "COMMENT ON TABLE s.a IS 'things';",
  "00003_comment.down.sql": "SELECT 1;",
  "00004_grant.up.sql": "GRANT SELECT ON s.a TO pg_monitor;",
  "00004_grant.down.sql": "SELECT 1;",
  "00005_function.up.sql": "CREATE FUNCTION s.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';",
  "00005_function.down.sql": "SELECT 1;",
  "00006_default.up.sql": "ALTER TABLE s.a ALTER COLUMN label SET DEFAULT 'x';",
  "00006_default.down.sql": "SELECT 1;",
  "00007_grows.up.sql": `
    DO $$ BEGIN
      IF EXISTS (SELECT FROM pg_largeobject_metadata) THEN CREATE TABLE s.second (); END IF;
      PERFORM lo_create(0);
    END $$;`,
  "00007_grows.down.sql": "SELECT 1;",
  "00008_keys.up.sql": "INSERT INTO s.b (id, note) OVERRIDING SYSTEM VALUE VALUES (1000, 'seed');",
  "00008_keys.down.sql": "SELECT 1;",
  "00009_not_null.up.sql": "ALTER TABLE s.b ALTER COLUMN note DROP NOT NULL;",
  "00009_not_null.down.sql": "ALTER TABLE s.b ALTER COLUMN note SET NOT NULL;",
  "00010_deletes.up.sql": "CREATE TABLE s.c (id bigint);",
  "00010_deletes.down.sql": "DELETE FROM s.a WHERE EXISTS (SELECT FROM s.c); DROP TABLE s.c;",
  "00011_no_way_back.up.sql": "COMMENT ON TABLE s.b IS 'more things';",
  "00012_needs_empty.up.sql": "ALTER TABLE s.a ADD COLUMN must integer NOT NULL;",
  "00012_needs_empty.down.sql": "ALTER TABLE s.a DROP COLUMN must;",
  "00013_takes_too_much.up.sql": "CREATE INDEX a_id ON s.a (id);",
  "00013_takes_too_much.down.sql": "DROP INDEX s.a_id; DROP TABLE s.runs;",
  "00014_values.up.sql": "CREATE TABLE s.m2 (id bigint);",
  "00014_values.down.sql": "DROP TABLE s.m2; UPDATE s.a SET label = 'gone';",
  "00015_values_with_rows.up.sql": "CREATE TABLE s.m3 (id bigint);",
  "00015_values_with_rows.down.sql":
    "UPDATE s.b SET note = 'gone' WHERE EXISTS (SELECT FROM s.m3); DROP TABLE s.m3;",
  "00016_position.up.sql": "SELECT setval('s.numbers', 50);",
  "00016_position.down.sql": "SELECT 1;",
  "00017_fine.up.sql": "ALTER TABLE s.a ADD COLUMN last text;",
  "00017_fine.down.sql": "ALTER TABLE s.a DROP COLUMN last;",
};

/** Which step finds the fault of which file, and words that its message must have. */
export const expectedFaults: readonly (readonly [file: string, step: string, words: string])[] = [
  ["00002_index.up.sql", "down", "index s.a_label: was not there before"],
  ["00003_comment.up.sql", "down", "comment on table s.a: was not there before"],
  ["00004_grant.up.sql", "down", 'got "pg_monitor: SELECT by'],
  ["00005_function.up.sql", "down", "function s.f(): was not there before"],
  ["00006_default.up.sql", "down", "column s.a.label: default was nothing, is \"'x'::text\""],
  ["00007_grows.up.sql", "up-again", "table s.second: was not there before"],
  ["00008_keys.up.sql", "up-again", "duplicate key"],
  ["00009_not_null.up.sql", "down-with-rows", "contains null values"],
  ["00010_deletes.up.sql", "down-with-rows", "loses rows of tables that it does not drop: s.a"],
  ["00011_no_way_back.up.sql", "missing-down", "there is no 00011_no_way_back.down.sql"],
  ["00012_needs_empty.up.sql", "up-with-rows", "contains null values"],
  ["00013_takes_too_much.up.sql", "down", "table s.runs: is gone"],
  ["00014_values.up.sql", "down", "table s.a: unchanged rows was"],
  ["00015_values_with_rows.up.sql", "down-with-rows", "table s.b: unchanged rows was"],
  ["00016_position.up.sql", "down", 'sequence s.numbers: position was "1, not yet given out", is "50"'],
];
