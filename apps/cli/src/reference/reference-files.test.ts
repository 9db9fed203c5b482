import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { referenceFiles, referenceFolder } from "./reference-files.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const files = await referenceFiles();

describe("the generated pages", () => {
  it.each([...files])("%s is what the commands say now", (path, content) => {
    expect(
      readFileSync(join(root, path), "utf8"),
      "run: node --conditions=@mister-smith/source apps/cli/src/reference/write.ts",
    ).toBe(content);
  });

  it("have no page of a command that is gone", () => {
    for (const name of readdirSync(join(root, referenceFolder))) {
      expect(files.has(`${referenceFolder}/${name}`), name).toBe(true);
    }
  });
});
