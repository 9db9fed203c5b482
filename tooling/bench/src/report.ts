import type { Result } from "./result.ts";

/** How results leave: for people as a table, for programs as one JSON object a line. Conditions come first. */
export interface Report {
  readonly conditions: (bench: string, facts: Readonly<Record<string, string>>) => void;
  readonly results: (results: readonly Result[]) => void;
}

/** `--json`: standard output has results alone; the conditions go to standard error, as JSON too. */
export const jsonReport: Report = {
  conditions: (bench, facts) =>
    void process.stderr.write(`${JSON.stringify({ bench, conditions: facts })}\n`),
  results: (results) => {
    for (const result of results) print(JSON.stringify(result));
  },
};

export const textReport: Report = {
  conditions: (bench, facts) => {
    print(`\n${bench}`);
    for (const [name, value] of Object.entries(facts)) print(`  ${name}: ${value}`);
  },
  results: (results) => {
    print(`\n  ${results[0]?.case ?? ""}`);
    const width = Math.max(...results.map((result) => result.subject.length));
    for (const result of results) {
      print(`    ${result.subject.padEnd(width)}  ${result.value.toLocaleString("en")} ${result.unit}`);
      for (const [peer, ratio] of Object.entries(result.ratios ?? {})) print(`      ${ratio} × ${peer}`);
    }
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
