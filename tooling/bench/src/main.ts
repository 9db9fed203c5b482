import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks/index.ts";
import { machineFacts } from "./machine.ts";
import { measureCase } from "./measure.ts";
import { jsonReport, textReport } from "./report.ts";

const usage = `usage: npm run bench -- [NAME…] [--json] [--keys N]

${benchmarks.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join("\n")}
`;

const { positionals, values } = parseCommandLine();
if (values.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) fail(`there is no benchmark ${unknown.join(", ")}`);

const keys = values.keys === undefined ? undefined : Number(values.keys);
if (keys !== undefined && (!Number.isInteger(keys) || keys < 1_000))
  fail(`--keys is ${JSON.stringify(values.keys)}, no whole number from 1000 on`);

const report = values.json === true ? jsonReport : textReport;
for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  await benchmark.run({
    keys,
    conditions: (facts) => report.conditions(benchmark.name, { ...machineFacts(), ...facts }),
    measure: async (measured) => report.results(await measureCase(benchmark.name, measured)),
    report: report.results,
  });
}

function parseCommandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        keys: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n${usage}`);
  process.exit(2);
}
