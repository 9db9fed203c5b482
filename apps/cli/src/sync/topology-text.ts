import type { SettingValue, TopologyOutcome, TopologyReport } from "@mister-smith/sync";
import { byteText } from "../output/byte-text.ts";
import type { Colours } from "../output/colours.ts";
import { table } from "../output/table.ts";

/** How JetStream stands to what is wanted, for people: a row each, and below it what differs or why it is refused. */
export function topologyText(report: TopologyReport, colours: Colours): string {
  const { steps, notes, state } = report;
  const [header = "", ...rows] = table(
    ["", "name", "state"],
    steps.map((step) => [step.kind, step.name, stateText(step, colours)]),
    colours,
  );
  const below = (step: TopologyOutcome) => detailsOf(step).map((line) => `    ${colours.dim(line)}`);
  const lines = steps.flatMap((step, at) => [rows[at] ?? "", ...below(step)]);
  const after = [...notes, ...nextSteps[state]];
  return [header, ...lines, ...(after.length === 0 ? [] : ["", ...after])].join("\n");
}

const nextSteps: Readonly<Record<TopologyReport["state"], readonly string[]>> = {
  ready: [],
  pending: ["Nothing was changed. `smith sync topology --apply` does it."],
  refused: [
    "What is refused stays as it is: keep its setting, or let the stream run empty or remove it yourself, and apply again.",
  ],
};

function stateText({ outcome, action }: TopologyOutcome, colours: Colours): string {
  switch (outcome) {
    case "unchanged":
      return colours.green("as it is to be");
    case "pending":
      return colours.yellow(action === "create" ? "is to be created" : "is to be changed");
    case "applied":
      return colours.green(action === "create" ? "created" : "changed");
    case "refused":
      return colours.red("refused");
    case "failed":
      return colours.red(action === "unknown" ? "does not answer" : "failed");
  }
}

function detailsOf({ differences, reasons, error }: TopologyOutcome): string[] {
  return [
    ...differences.map(
      ({ setting, found, wanted }) =>
        `${setting}: ${settingText(setting, found)} -> ${settingText(setting, wanted)}`,
    ),
    ...reasons,
    ...(error === undefined ? [] : [error.message]),
    ...(error?.hint === undefined ? [] : [error.hint]),
  ];
}

function settingText(setting: string, value: SettingValue): string {
  if (typeof value === "object") return value.length === 0 ? "everything" : value.join(", ");
  if (typeof value !== "number") return String(value);
  if (value === 0) return "without limit";
  if (setting.endsWith("Ms")) return ageText(value);
  return setting.endsWith("Bytes") ? byteText(value) : String(value);
}

const units = [
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

// The longest unit that it is a whole number of, so that two values never look the same.
function ageText(milliseconds: number): string {
  const unit = units.find(([, length]) => milliseconds % length === 0);
  return unit === undefined ? `${milliseconds} ms` : `${milliseconds / unit[1]} ${unit[0]}`;
}
