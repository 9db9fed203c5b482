import type { Check } from "./check.ts";
import { type InstallWays, installText } from "./install-text.ts";
import { runVersion } from "./run-version.ts";

interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly gives: string;
  readonly install: InstallWays;
  /** Said when it is installed and does not work. */
  readonly repair: string;
}

const client: InstallWays = {
  debian: "apt-get install postgresql-client",
  fedora: "dnf install postgresql",
  macos: "brew install libpq && brew link --force libpq",
};

const reinstall = "Install it again, or take the broken one off the PATH.";

const programs: readonly Program[] = [
  {
    name: "psql",
    args: ["--version"],
    gives: 'a prompt on the database: psql "$SMITH_DATABASE_URL"',
    install: client,
    repair: reinstall,
  },
  {
    name: "pg_dump",
    args: ["--version"],
    gives: "logical backups of single databases",
    install: client,
    repair: reinstall,
  },
  {
    name: "pg_basebackup",
    args: ["--version"],
    gives: "base backups and new replicas",
    install: client,
    repair: reinstall,
  },
  {
    name: "docker",
    args: ["version", "--format", "{{.Server.Version}}"],
    gives: "`docker compose up`: PostgreSQL with pgvector, NATS and an S3 store without installing them",
    install: {
      debian: "apt-get install docker.io docker-compose",
      fedora: "dnf install moby-engine docker-compose",
      macos: "brew install --cask docker",
    },
    repair: "Start Docker's engine: `systemctl start docker`, or Docker Desktop.",
  },
];

/** Looks for the programs that are of use beside the servers themselves. None of them is needed. */
export async function checkPrograms(env: Readonly<Record<string, string | undefined>>): Promise<Check[]> {
  return await Promise.all(programs.map((program) => checkProgram(program, env)));
}

async function checkProgram(
  { name, args, gives, install, repair }: Program,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Check> {
  const check = { area: "machine", name, needed: false } as const;
  const answer = await runVersion(name, args, env);
  switch (answer.kind) {
    case "answered":
      return { ...check, state: "ok", found: answer.version };
    case "failed":
      return { ...check, state: "warn", found: `installed, but: ${answer.reason}`, gives, remedy: repair };
    case "absent":
      return { ...check, state: "missing", found: "not installed", gives, remedy: installText(install) };
  }
}
