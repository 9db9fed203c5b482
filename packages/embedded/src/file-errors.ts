import { isSmithError, SmithError } from "@mister-smith/errors";
import { explainDiskFull } from "./disk-full.ts";

/**
 * Gives the system's refusals of a file or folder a name and a remedy; every other error passes.
 *
 * @throws SmithError `DISK_FULL`, `FOLDER_NOT_USABLE`
 */
export async function explainingFileErrors<T>(
  folder: string,
  program: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSmithError(error) || !isFileError(error)) throw error;
    if (error.code === "ENOSPC" || error.code === "EDQUOT")
      await explainDiskFull(folder, program, error.message);
    throw new SmithError("FOLDER_NOT_USABLE", `cannot use ${folder} for ${program}: ${error.message}`, {
      hint: "Name a folder that you may write to, or put its permissions right.",
      details: { folder, reason: error.code },
      cause: error,
    });
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
