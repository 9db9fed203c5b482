import { type LintRule, manual } from "../lint-rule.ts";

/** An up without a way back. */
export const missingDown: LintRule = {
  name: "missing-down",
  severity: "error",
  title: "a migration has no down file, or an empty one",
  why: "Without a way back a bad release can only be repaired forwards, in a hurry. `smith migrate verify` cannot prove an inverse that is not there.",
  instead:
    "Write `NNNNN_name.down.sql` with the inverse statements in reverse order. Where there is truly none, acknowledge it at the top of the up file.",
  links: [manual("ddl-alter.html")],
  fires: [
    { files: { "00001_a.up.sql": "CREATE TABLE t (id bigint);" } },
    { files: { "00001_a.up.sql": "CREATE TABLE t (id bigint);", "00001_a.down.sql": "-- nothing\n" } },
  ],
  passes: [
    { files: { "00001_a.up.sql": "CREATE TABLE t (id bigint);", "00001_a.down.sql": "DROP TABLE t;" } },
  ],
  checkFolder(files) {
    return files
      .filter((file) => file.direction === "up")
      .flatMap((up) => {
        const down = files.find((file) => file.version === up.version && file.direction === "down");
        const empty = down !== undefined && down.refusal === undefined && down.statements.length === 0;
        if (up.statements.length === 0 || (down !== undefined && !empty)) return [];
        const name = up.file.replace(/\.up\.sql$/, ".down.sql");
        return [
          {
            file: up.file,
            message: down === undefined ? `there is no ${name}` : `${name} does nothing`,
            hint: `Write the inverse of ${up.file} into ${name}.`,
          },
        ];
      });
  },
};
