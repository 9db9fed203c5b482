import { chmod, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed with the test: `await using scratch = await scratchFolder()`. */
export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

/** @param mode its permissions; 0o755 lets other users in */
export async function scratchFolder(mode = 0o755): Promise<ScratchFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "smith-embedded-test-")));
  await chmod(path, mode);
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
