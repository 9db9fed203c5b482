import { cpus, totalmem } from "node:os";

/** The facts of the machine that a figure depends on. */
export function machineFacts(): Record<string, string> {
  const processors = cpus();
  return {
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}
