import { type FileSubject, type LintRule, manual } from "../lint-rule.ts";

const links = [manual("ddl-alter.html")];
const one = "CREATE TABLE t (id bigint);";
const back = "DROP TABLE t;";

/** A file name that the runner cannot read, or a down without an up. */
export const fileName: LintRule = {
  name: "file-name",
  severity: "error",
  title: "a file is not named NNNNN_name.up.sql or NNNNN_name.down.sql, or a down file has no up file",
  why: "The runner takes number, name and direction from the file's name, and refuses a folder in which one cannot be read.",
  instead: "`smith migrate create NAME` makes both files with the next number.",
  links,
  directions: ["up", "down"],
  fires: [{ files: { "1_short.sql": one } }, { files: { "00001_a.down.sql": back } }],
  passes: [{ files: { "00001_a.up.sql": one, "00001_a.down.sql": back } }],
  checkFolder(files) {
    return files.flatMap((file) => {
      if (file.version === undefined) {
        return [
          {
            file: file.file,
            message: `"${file.file}" is not the name of a migration`,
            hint: "Name it NNNNN_what_it_does.up.sql or NNNNN_what_it_does.down.sql, or move it out of the folder.",
          },
        ];
      }
      if (file.direction !== "down" || partner(files, file) !== undefined) return [];
      return [
        {
          file: file.file,
          message: `"${file.file}" has no up file beside it`,
          hint: `Add ${file.file.replace(/\.down\.sql$/, ".up.sql")}, or remove the down file.`,
        },
      ];
    });
  },
};

function partner(files: readonly FileSubject[], down: FileSubject): FileSubject | undefined {
  return files.find(
    (file) => file.direction === "up" && file.version === down.version && file.name === down.name,
  );
}

/** Two migrations with one number. */
export const duplicateVersion: LintRule = {
  name: "duplicate-version",
  severity: "error",
  title: "two migrations carry the same number",
  why: "It happens when two branches each take the next number. The runner refuses the folder, for it could not tell which of them is applied.",
  instead: "Give the one that is not applied anywhere yet the next free number.",
  links,
  directions: ["up", "down"],
  fires: [
    {
      files: {
        "00001_a.up.sql": one,
        "00001_a.down.sql": back,
        "00001_b.up.sql": one,
        "00001_b.down.sql": back,
      },
    },
  ],
  passes: [{ files: { "00001_a.up.sql": one, "00001_a.down.sql": back } }],
  checkFolder(files) {
    const ups = files.filter((file) => file.direction === "up");
    return ups.flatMap((file) => {
      const others = ups.filter((other) => other.version === file.version && other.file < file.file);
      return others.map((other) => ({
        file: file.file,
        message: `"${file.file}" and "${other.file}" carry the same number`,
        hint: "Give the one that is not applied anywhere yet the next free number.",
      }));
    });
  },
};

// Above this a number is a time stamp, where gaps are the rule.
const greatestCounted = 10_000_000;

/** A number that is left out. */
export const versionGap: LintRule = {
  name: "version-gap",
  severity: "warning",
  title: "a number is left out",
  why: "A gap is mostly a file that was not committed, or one that waits in another branch and will arrive out of order, which the runner then refuses.",
  instead:
    "Number without gaps: `smith migrate create NAME` takes the next number. Time stamps are not checked.",
  links,
  fires: [
    {
      files: {
        "00001_a.up.sql": one,
        "00001_a.down.sql": back,
        "00003_c.up.sql": "SELECT 1;",
        "00003_c.down.sql": "SELECT 1;",
      },
    },
  ],
  passes: [
    { files: { "00001_a.up.sql": one, "00001_a.down.sql": back } },
    {
      files: {
        "20260101000000_a.up.sql": one,
        "20260101000000_a.down.sql": back,
        "20260202000000_b.up.sql": "SELECT 1;",
        "20260202000000_b.down.sql": "SELECT 1;",
      },
    },
  ],
  checkFolder(files) {
    const ups = files.filter((file) => file.direction === "up");
    const versions = new Set(ups.map((file) => file.version));
    return ups.flatMap((file) => {
      const { version } = file;
      if (version === undefined || version > greatestCounted) return [];
      if (version === Math.min(...[...versions].filter((v) => v !== undefined)) || versions.has(version - 1))
        return [];
      return [
        {
          file: file.file,
          message: `number ${version - 1} is missing before "${file.file}"`,
          hint: "Commit the file that is missing, or renumber this one if it is not applied anywhere yet.",
        },
      ];
    });
  },
};
