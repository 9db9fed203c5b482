import { parseArgs } from "node:util";
import { type ChaosReport, runChaos } from "./run-chaos.ts";

const usage = `usage: npm run chaos -- [--cycles N] [--seed N] [--agents N] [--keys N] [--json]

Starts PostgreSQL, nats-server and two smithd, writes to both stores all the time, and lets something bad happen in each
cycle: processes are killed or frozen at random. After each cycle both stores are compared with every write that was
acknowledged. Ends with 1 at the first violation, and says where the logs are.

  --cycles N   how many; default 50, about 5 minutes
  --seed N     repeats the choices of a run; default: another one each time
  --agents N   default 6
  --keys N     keys of each agent; default 8
  --json       one JSON document in place of text
`;

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "50" },
    seed: { type: "string" },
    agents: { type: "string", default: "6" },
    keys: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help === true) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const seed =
    values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : count("seed", values.seed, 0);
  const say = (line: string) => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  say(`seed ${seed}: --seed ${seed} makes the same choices again`);
  const report = await runChaos({
    seed,
    cycles: count("cycles", values.cycles, 1),
    agents: count("agents", values.agents, 1),
    keysPerAgent: count("keys", values.keys, 2),
    onCycle: ({ number, fault, settledMs, violations }) => {
      say(`${String(number).padStart(3)}  ${fault}: both agree after ${Math.round(settledMs)} ms`);
      for (const line of violations) say(`     VIOLATION ${line}`);
    },
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  process.exitCode = report.violations.length === 0 ? 0 : 1;
}

function count(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  process.stderr.write(`--${name} ${text}: a whole number from ${least}\n\n${usage}`);
  process.exit(2);
}

function textOf(report: ChaosReport): string {
  const faults = Object.entries(report.faults)
    .map(([name, times]) => `  ${String(times).padStart(3)} × ${name}`)
    .join("\n");
  return `
${report.cycles} cycles in ${Math.round(report.seconds)} s:
${faults}
${report.acknowledged} writes acknowledged, ${report.unknown} with an outcome that is not known, ${report.bad} that cannot be kept
${report.looks} looks into the table on the way
${report.violations.length} violations${report.logs === undefined ? "" : `; logs in ${report.logs}`}
`;
}
