/** A series of a metric, and its value. */
export interface ShownSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as `/metrics` shows it. */
export interface ShownMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ShownSample[];
}

/** What `/metrics` shows, by the names of the metrics. */
export type Exposition = ReadonlyMap<string, ShownMetric>;

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/**
 * Reads what `/metrics` says, so that the page shows the same as whatever scrapes it. Buckets of histograms are left out, and so
 * is what has no number.
 *
 * See https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readExposition(text: string): Exposition {
  const metrics = new Map<string, { name: string; type: string; help: string; samples: ShownSample[] }>();
  const metric = (name: string) => {
    const known = metrics.get(name);
    if (known !== undefined) return known;
    const made = { name, type: "untyped", help: "", samples: [] };
    metrics.set(name, made);
    return made;
  };
  for (const line of text.split("\n")) {
    const [, what, about, said = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what !== undefined && about !== undefined) {
      if (what === "TYPE") metric(about).type = said;
      else metric(about).help = unescaped(said);
      continue;
    }
    const [, name, labels = "", number = ""] = sampleLine.exec(line) ?? [];
    if (name === undefined || name.endsWith("_bucket")) continue;
    const value = numberOf(number);
    if (!Number.isNaN(value)) metric(name).samples.push({ labels: labelsOf(labels), value });
  }
  return new Map([...metrics].filter(([, { samples }]) => samples.length > 0));
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(labelPair)].map(([, name = "", value = ""]) => [name, unescaped(value)]),
  );
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
