import { execFile } from "node:child_process";

/** What a program's question about its version came to. */
export type VersionAnswer =
  | { readonly kind: "answered"; readonly version: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "absent" };

const timeoutMs = 5000;

/** Runs a program of the PATH and reads the first version number that it prints. */
export async function runVersion(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<VersionAnswer> {
  return await new Promise((resolve) => {
    execFile(program, [...args], { timeout: timeoutMs, env: { ...env } }, (error, stdout, stderr) => {
      const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
      if (error === null && version !== undefined) return resolve({ kind: "answered", version });
      if (error !== null && "code" in error && error.code === "ENOENT") return resolve({ kind: "absent" });
      resolve({ kind: "failed", reason: firstLine(stderr) ?? error?.message ?? "it printed no version" });
    });
  });
}

function firstLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1) || undefined;
}
