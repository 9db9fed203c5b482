/** What is measured: declared once, and shown, documented and judged from here. */
export interface Metric {
  /** Its name by Prometheus' conventions: base units, `_total` for what only grows. */
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  /** What it says, in one sentence without a full stop. */
  readonly help: string;
  /** The columns that tell its series apart. */
  readonly labels: readonly string[];
}

/** A value of a metric. */
export interface Sample {
  readonly metric: Metric;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const metricName = /^smith_[a-z][a-z0-9_]*$/;
const labelName = /^[a-z][a-z0-9_]*$/;

/**
 * Declares what grows and shrinks.
 *
 * @throws TypeError for a name that Prometheus, or its conventions, would not have
 */
export function gauge(name: string, help: string, ...labels: readonly string[]): Metric {
  return declare({ name, type: "gauge", help, labels });
}

/**
 * Declares what only grows; its name ends in `_total`.
 *
 * @throws TypeError for a name that Prometheus, or its conventions, would not have
 */
export function counter(name: string, help: string, ...labels: readonly string[]): Metric {
  return declare({ name, type: "counter", help, labels });
}

/**
 * Declares what is counted by its size, in base units.
 *
 * @throws TypeError for a name that Prometheus, or its conventions, would not have
 */
export function histogram(name: string, help: string, ...labels: readonly string[]): Metric {
  return declare({ name, type: "histogram", help, labels });
}

function declare(metric: Metric): Metric {
  const { name, type, labels } = metric;
  if (!metricName.test(name)) throw new TypeError(`${name} is no name of a metric: smith_ and lower case`);
  if (name.endsWith("_total") !== (type === "counter"))
    throw new TypeError(`${name}: names of counters end in _total, and no others do`);
  for (const label of labels)
    if (!labelName.test(label)) throw new TypeError(`${name}: ${label} is no name of a label`);
  return metric;
}
