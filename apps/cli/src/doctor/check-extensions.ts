import type { OfferedExtension } from "../sql/server.ts";
import type { Check } from "./check.ts";
import { type InstallWays, installText } from "./install-text.ts";

interface WantedExtension {
  readonly name: string;
  readonly gives: string;
  /** How the server is made to offer it, for its major version. */
  readonly install: (major: number) => InstallWays;
}

const contrib = (major: number): InstallWays => ({
  debian: `apt-get install postgresql-${major}`,
  fedora: "dnf install postgresql-contrib",
  macos: `brew install postgresql@${major}`,
});

const wanted: readonly WantedExtension[] = [
  {
    name: "vector",
    gives: "an index for the search by embedding; without pgvector the search is exact and reads every row",
    install: (major) => ({
      debian: `apt-get install postgresql-${major}-pgvector`,
      fedora: "dnf install pgvector",
      macos: "brew install pgvector",
    }),
  },
  {
    name: "pg_stat_statements",
    gives: "which statements cost the most time; it must be named in shared_preload_libraries as well",
    install: contrib,
  },
  {
    name: "hypopg",
    gives: "trying out an index in the planner without building it",
    install: (major) => ({
      debian: `apt-get install postgresql-${major}-hypopg`,
      fedora: "dnf install hypopg",
      macos: "build it from https://github.com/HypoPG/hypopg",
    }),
  },
  { name: "pgcrypto", gives: "hashing and encryption inside the database", install: contrib },
];

/** Whether the server offers the extensions that add something. None of them is needed. */
export function checkExtensions(offered: readonly OfferedExtension[], major: number): Check[] {
  return wanted.map(({ name, gives, install }) => {
    const check = { area: "postgresql", name: `extension ${name}`, needed: false } as const;
    const found = offered.find((extension) => extension.name === name);
    if (found === undefined) {
      return { ...check, state: "missing", found: "not offered", gives, remedy: installText(install(major)) };
    }
    const where = found.installed_version === null ? "offered" : "in the database";
    return { ...check, state: "ok", found: `${found.installed_version ?? found.default_version}, ${where}` };
  });
}
