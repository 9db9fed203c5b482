const words = (name: string) => name.replaceAll("_", " ");

/** What a new up file says. Comments alone: it is valid, and does nothing. */
export function upTemplate(name: string): string {
  return `-- ${words(name)}
--
-- Write plain SQL. The whole file runs in one transaction; do not write BEGIN or COMMIT.
-- Once it is applied anywhere, do not change this file: write a new migration.
--
-- On a table that is in use:
--   an index        CREATE INDEX CONCURRENTLY name ON ...   in a file of its own, without other statements
--   a constraint    ALTER TABLE ... ADD CONSTRAINT ... NOT VALID   and VALIDATE CONSTRAINT in the next file
--   a column        ALTER TABLE ... ADD COLUMN ...   with no default, or one that does not change per row
--
-- Try it: smith migrate rehearse    Look for traps: smith migrate lint    Prove the way back: smith migrate verify
`;
}

/** What a new down file says. */
export function downTemplate(name: string): string {
  return `-- Back from: ${words(name)}
--
-- Undo exactly what the up file does, in reverse order. Leave everything else as it was.
-- "smith migrate verify" proves that; "smith migrate down" refuses to drop what holds rows.
`;
}
