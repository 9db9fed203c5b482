/**
 * Those of plugins are numbered as Nagios reads them, and so again: only commands that are such a plugin end with them.
 *
 * The one table of exit codes. `docs/exit-codes.md`, every command's help and the reference pages come from here.
 */
export const exitCodes = {
  ok: { code: 0, meaning: "done, or nothing to do: up to date, running, healthy" },
  failed: { code: 1, meaning: "it was tried and failed; the message says what and what to do" },
  usage: {
    code: 2,
    meaning: "the command line or the configuration is wrong; nothing was done",
  },
  pending: {
    code: 3,
    meaning:
      "something waits to be applied: migrations, as the database is older than the files, or the topology of JetStream",
  },
  changed: {
    code: 4,
    meaning:
      "an applied migration was changed, is missing or is out of order, or the database is newer than the files",
  },
  warning: {
    code: 1,
    meaning: "of `monitor check` alone: a value is past its warning threshold",
    isOfPlugins: true,
  },
  critical: {
    code: 2,
    meaning: "of `monitor check` alone: a value is past its critical threshold",
    isOfPlugins: true,
  },
  unknown: {
    code: 3,
    meaning: "of `monitor check` alone: something could not be measured, or it failed, whatever the reason",
    isOfPlugins: true,
  },
  stopped: { code: 5, meaning: "the embedded system is not running" },
  unreachable: { code: 6, meaning: "PostgreSQL or NATS could not be reached; nothing was done" },
  incomplete: { code: 7, meaning: "something that is needed is not installed" },
  "not-found": { code: 8, meaning: "what the command names by its id or name does not exist" },
  internal: { code: 70, meaning: "a fault of smith itself; run again with SMITH_DEBUG=1 and report it" },
  interrupted: { code: 130, meaning: "stopped by Ctrl-C (SIGINT), after cleaning up" },
  "output-closed": { code: 141, meaning: "the reader of the output went away, as `| head` does" },
  terminated: { code: 143, meaning: "stopped by SIGTERM, after cleaning up" },
} as const satisfies Readonly<
  Record<string, { readonly code: number; readonly meaning: string; readonly isOfPlugins?: true }>
>;

/** The name of an exit code in the table. */
export type ExitName = keyof typeof exitCodes;
