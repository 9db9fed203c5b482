import type { Snapshot } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { byteText } from "../../output/byte-text.ts";
import type { Colours } from "../../output/colours.ts";
import { section } from "../../output/section.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows what the server takes on disk: the database, tablespaces, the log, temporary files, and the log that replication slots
keep. How full the disks are is known only on the server's own machine, if that is Linux: no SQL tells.

What is not visible to the role (grant it pg_monitor) has no value. Nothing is changed.`,
  examples: [
    { run: "smith monitor disk", does: "see what fills the disk" },
    { run: "smith monitor disk --json | jq '.fileSystems'", does: "get how full the disks are" },
  ],
  exitCodes: { unreachable: "", failed: "" },
  related: ["monitor bloat", "partitions list"],
  input: z.strictObject({}),
  async run(context) {
    const { withMonitor, lookOrThrow } = await import("../../monitor/with-monitor.ts");
    const use = diskUse(await withMonitor(context, "look at the disks", lookOrThrow));
    return { data: use, text: asText(use, context.colours) };
  },
});

interface FileSystemUse {
  readonly place: string;
  readonly bytes: number;
  readonly usedBytes: number;
  readonly availableBytes: number;
}

interface DiskUse {
  readonly taken: readonly { readonly what: string; readonly bytes: number }[];
  readonly fileSystems: readonly FileSystemUse[];
  /** How the disks were asked: `ok`, `not visible`, `unsupported` … */
  readonly fileSystemsState: string;
}

function diskUse({ samples, collectors }: Snapshot): DiskUse {
  const of = (name: string) => samples.filter(({ metric }) => metric.name === name);
  const taken = (name: string, what: (label: string) => string) =>
    of(name).map(({ labels, value }) => ({ what: what(Object.values(labels)[0] ?? ""), bytes: value }));
  const at = (name: string, place: string) =>
    of(name).find(({ labels }) => labels["place"] === place)?.value ?? 0;
  return {
    taken: [
      ...taken("smith_pg_database_bytes", (database) => `database ${database}`),
      ...taken("smith_pg_tablespace_bytes", (tablespace) => `tablespace ${tablespace}`),
      ...taken("smith_pg_wal_directory_bytes", () => "log"),
      ...taken("smith_pg_temporary_directory_bytes", () => "temporary files"),
      ...taken("smith_pg_replication_slot_retained_bytes", (slot) => `log kept for slot ${slot}`),
    ],
    fileSystems: of("smith_disk_bytes").map(({ labels: { place = "" }, value: bytes }) => ({
      place,
      bytes,
      usedBytes: at("smith_disk_used_bytes", place),
      availableBytes: at("smith_disk_available_bytes", place),
    })),
    fileSystemsState: collectors.find(({ name }) => name === "file_systems")?.state ?? "unsupported",
  };
}

function asText({ taken, fileSystems, fileSystemsState }: DiskUse, colours: Colours): string {
  const rows = taken.map(({ what, bytes }) => [what, byteText(bytes)]);
  const disks = fileSystems.map(({ place, bytes, usedBytes, availableBytes }) => [
    place,
    `${Math.ceil((usedBytes * 100) / (usedBytes + availableBytes))} %`,
    byteText(availableBytes),
    byteText(bytes),
  ]);
  return [
    ...table(["what", "size"], rows, colours),
    ...(disks.length === 0
      ? [
          "",
          `How full the disks are is ${fileSystemsState === "unsupported" ? "known on the server's own machine only" : fileSystemsState}.`,
        ]
      : section("disks", table(["holds", "used", "free", "size"], disks, colours), colours)),
  ].join("\n");
}
