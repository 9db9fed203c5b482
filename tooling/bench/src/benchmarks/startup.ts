import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Benchmark, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";

const smith = fileURLToPath(new URL("../../../../apps/cli/dist/main.js", import.meta.url));
const startsARound = 10;

/** What an operator waits for before the tool does anything. */
export const startup: Benchmark = {
  name: "startup",
  summary: "smith --version against node -e 0",
  run: async (bench) => {
    bench.conditions({ program: "apps/cli/dist/main.js, as `npm run build` makes it" });
    await bench.measure({
      name: "process start to exit",
      unit: "starts/s",
      amount: startsARound,
      rounds: 9,
      subjects: [
        { ...starting("smith --version", [smith, "--version"]), ours: true },
        starting(`node ${process.version} -e 0`, ["-e", "0"]),
      ],
    });
  },
};

function starting(name: string, args: readonly string[]): Subject {
  return {
    name,
    round: () =>
      secondsOf(async () => {
        for (let start = 0; start < startsARound; start += 1) await runToEnd(args);
      }),
  };
}

async function runToEnd(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error(`${args.join(" ")} exited with ${status}`);
}
