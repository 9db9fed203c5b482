import { describe, expect, it } from "vitest";
import { registry } from "../command/registry.ts";
import { complete } from "./complete.ts";

const values = async (...words: string[]) => (await complete(words)).values.map(({ value }) => value);

describe("completing a command line", () => {
  it("offers every command that stands alone, and every group, at the start", async () => {
    const offered = await values("");
    for (const { name } of registry) expect(offered).toContain(name.split(" ")[0]);
  });

  it("offers the commands of a group after its name, also after options with values", async () => {
    expect(await values("--config", "migrate", "partitions", "")).toEqual(["list", "maintain"]);
    expect(await values("partitions", "ma")).toEqual(["maintain"]);
  });

  it("offers a group within a group as one word, and then its commands", async () => {
    expect(await values("sync", "dead")).toEqual(["dead-letters"]);
    expect(await values("sync", "dead-letters", "")).toEqual(["list", "show", "retry", "drop"]);
  });

  it("offers a command's own options and the global ones", async () => {
    const offered = await values("migrate", "up", "--");
    expect(offered).toEqual(expect.arrayContaining(["--to", "--dry-run", "--json"]));
    expect(await values("migrate", "up", "--dr")).toEqual(["--dry-run"]);
  });

  it("offers the allowed values of an argument", async () => {
    expect(await values("completion", "")).toEqual(["bash", "zsh", "fish", "powershell"]);
    expect(await values("completion", "--json", "z")).toEqual(["zsh"]);
  });

  it("leaves files and folders to the shell, however the option is written", async () => {
    expect((await complete(["--config", ""])).also).toBe("file");
    expect((await complete(["migrate", "up", "--folder", "="])).also).toBe("folder");
    expect((await complete(["migrate", "up", "--folder=m"])).also).toBe("folder");
  });

  it("offers nothing after an unknown word", async () => {
    expect(await complete(["frobnicate", ""])).toEqual({ values: [], also: "none" });
  });
});
