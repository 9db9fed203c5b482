import { existsSync, readFileSync } from "node:fs";
import { loadConfig } from "@mister-smith/cli/config";
import { describe, expect, it } from "vitest";

const root = new URL("../../../../", import.meta.url);
const deploy = (name: string) => readFileSync(new URL(`apps/daemon/deploy/${name}`, root), "utf8");
const settings = async (env: Readonly<Record<string, string>>) =>
  (await loadConfig({ cwd: "/", env, flags: {} })).values.daemon;

/** Docker's, unless whoever starts the container says otherwise, in milliseconds. */
const dockerStopMs = 10_000;

describe("a daemon that is stopped has drained before it is killed", () => {
  it("in a container", async () => {
    const lines = deploy("Dockerfile").matchAll(/^ENV (.*)$/gm);
    const pairs = [...lines].flatMap(([, line = ""]) => line.split(" ").map((pair) => pair.split("=")));
    const { host, drainTimeoutMs } = await settings(Object.fromEntries(pairs));
    expect(host).toBe("0.0.0.0");
    // It closes its connections afterwards, for two seconds at most.
    expect(drainTimeoutMs).toBeLessThan(dockerStopMs - 2_000);
  });

  it("by systemd", async () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(deploy("smithd.service"))?.[1]);
    expect(seconds * 1_000).toBeGreaterThan((await settings({})).drainTimeoutMs + 2_000);
  });
});

describe("the image", () => {
  it("is made of the checkout: of what it has, and of no package of a registry that is our own", () => {
    const text = deploy("Dockerfile");
    expect(text).not.toContain("npm install");
    const [, setup = ""] = /import \{ setup \} from "\.\/(.*?)"/.exec(text) ?? [];
    expect(existsSync(new URL(setup, root)) && setup.endsWith(".mjs")).toBe(true);
    const daemon = JSON.parse(readFileSync(new URL("apps/daemon/package.json", root), "utf8"));
    expect(text).toContain(`--filter ${daemon.name} `);
    expect(text).toContain(`ENTRYPOINT ["node", "/opt/smithd/${daemon.bin.smithd.replace("./", "")}"]`);
  });
});
