import { resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";
import type { PostgresSetting, StartPostgresOptions, WalArchiving } from "./start-postgres-options.ts";

type Settings = Readonly<Record<string, PostgresSetting>>;

/** The settings that the server is started with, as arguments: they win over files and ALTER SYSTEM. */
export function settingArguments(options: StartPostgresOptions, port: number): string[] {
  const settings: Settings = {
    ...(options.durability === "fast" ? { fsync: false, full_page_writes: false } : {}),
    ...(options.preload?.length ? { shared_preload_libraries: options.preload.join(",") } : {}),
    ...archiveSettings(options.walArchiving),
    ...options.settings,
    // Nothing but TCP on this machine: a socket file would need a folder that its user may write.
    listen_addresses: options.settings?.["listen_addresses"] ?? "127.0.0.1",
    unix_socket_directories: options.settings?.["unix_socket_directories"] ?? "",
    port,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${checkName(name)}=${printed(value)}`]);
}

function archiveSettings(archiving: WalArchiving | undefined): Settings {
  if (archiving === undefined) return {};
  const command = "command" in archiving ? archiving.command : copyTo(resolve(archiving.folder));
  return { archive_mode: true, archive_command: command };
}

/**
 * Copies under another name and renames: a copy cut short must never be taken for a segment. A segment that was
 * archived just before a crash is offered again and accepted when it is the same.
 */
function copyTo(folder: string): string {
  const target = shellQuote(folder).replaceAll("%", "%%");
  const copy = `cp %p ${target}/.%f.part && mv ${target}/.%f.part ${target}/%f`;
  return `if test -f ${target}/%f; then cmp -s %p ${target}/%f; else ${copy}; fi`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function printed(value: PostgresSetting): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

function checkName(name: string): string {
  if (/^[A-Za-z_][\w.]*$/.test(name)) return name;
  throw new SmithError("BAD_SETTING", `"${name}" is not the name of a PostgreSQL setting`, {
    hint: "A name consists of letters, digits, underscores and dots: `SELECT name FROM pg_settings` lists them.",
    details: { name },
  });
}
