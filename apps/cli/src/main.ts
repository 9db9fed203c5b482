#!/usr/bin/env node
import { version } from "./version.ts";

// Everything heavier than printing the version is behind an import(): `smith --version` must cost next to nothing.
const argv = process.argv.slice(2);

if (argv[0] === "--version" || argv[0] === "-V") {
  process.stdout.write(argv.includes("--json") ? `${JSON.stringify({ version })}\n` : `${version}\n`);
} else if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`error: smith needs Node.js 24 or newer, this is ${process.versions.node}\n`);
  process.exitCode = 2;
} else {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache();
  const { runProcess } = await import("./program/run-process.ts");
  await runProcess(argv);
}
