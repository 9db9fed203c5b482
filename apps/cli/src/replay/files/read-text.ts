import { constants, isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { SmithError } from "@mister-smith/errors";
import { DamagedRunError } from "./damaged-run-error.ts";

/** A file's text without a byte-order mark, and the SHA-256 of its bytes in hexadecimal. */
export interface FileText {
  readonly text: string;
  readonly digest: string;
}

/** Reads a UTF-8 file. Throws {@link DamagedRunError} with the line of the first byte that is not UTF-8. */
export async function readText(file: string): Promise<FileText> {
  const bytes = await readBytes(file);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (!isUtf8(bytes)) {
    const offset = firstBadByte(bytes);
    const line = bytes.subarray(0, offset).toString("latin1").split("\n").length;
    throw new DamagedRunError(file, { line }, `byte ${offset} of the file is not UTF-8`);
  }
  return { text: new TextDecoder().decode(bytes), digest };
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > constants.MAX_STRING_LENGTH) throw tooBig(file, size);
    return await readFile(file);
  } catch (error) {
    if (error instanceof SmithError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SmithError("RUN_UNREADABLE", `cannot read ${file}: ${reason}`, {
      cause: error,
      hint: "Nothing was written. Check the path and the rights of the file.",
    });
  }
}

function tooBig(file: string, size: number): SmithError {
  return new SmithError(
    "RUN_TOO_BIG",
    `${file} has ${size} bytes; at most ${constants.MAX_STRING_LENGTH} are read`,
    {
      hint: "Nothing was written. Export the run in several files.",
    },
  );
}

// What does not decode comes back as U+FFFD, whose bytes differ from those that were there.
function firstBadByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString("utf8"));
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== again[at]) return at;
  return bytes.length;
}
