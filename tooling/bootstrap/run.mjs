// Runs one of the project's commands on the project's own Node.js, after preparing what is missing.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectEnvironment, projectNodePath, reportingSetupErrors, root, setup } from "./setup.mjs";

const smith = join(root, "apps", "cli", "dist", "main.js");
const tool = (name) => join(root, "node_modules", name);
const vitest = tool("vitest/vitest.mjs");

/** Each command is a list of processes that run one after the other; the first that fails ends it. */
const commands = {
  demo: (args) => [[smith, "demo", ...args]],
  smith: (args) => [[smith, ...args]],
  test: (args) => [[vitest, "run", ...args]],
  bench: (args) => [["--conditions=@mister-smith/source", join(root, "tooling/bench/src/main.ts"), ...args]],
  chaos: (args) => [["--conditions=@mister-smith/source", join(root, "tooling/chaos/src/main.ts"), ...args]],
  check: (args) => [
    [tool("@biomejs/biome/bin/biome"), "check", "."],
    [
      tool("dependency-cruiser/bin/dependency-cruiser.mjs"),
      "--config",
      ".dependency-cruiser.mjs",
      "packages",
      "apps",
      "tooling",
    ],
    [tool("turbo/bin/turbo"), "run", "typecheck", "--output-logs=errors-only"],
    ...(args.includes("--without-tests")
      ? []
      : [
          [smith, "demo"],
          [vitest, "run"],
        ]),
  ],
};

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`unknown command ${JSON.stringify(name)}: one of ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}

const node = reportingSetupErrors(() => {
  setup({ servers: name === "smith" ? "none" : "required" });
  return projectNodePath();
});

// The tool works where its user stands; everything else works on the clone.
const cwd = name === "smith" ? (process.env.INIT_CWD ?? process.cwd()) : root;
for (const processArgs of command(args)) {
  const status = await run(processArgs);
  if (status !== 0) process.exit(status);
}

function run(processArgs) {
  return new Promise((resolve) => {
    const child = spawn(node, processArgs, { cwd, env: projectEnvironment(), stdio: "inherit" });
    // The terminal sends Ctrl-C to the whole group; this process waits for the child's own clean end.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", (error) => {
      console.error(`cannot start ${node}: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
