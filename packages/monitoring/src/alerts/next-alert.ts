import type { ThresholdCheck } from "../check/check-thresholds.ts";

/**
 * How an alert stands: `pending` is past a threshold, but not for long enough yet; of `no data` and `error` nothing can be
 * measured: there is nothing to measure, or it went wrong.
 */
export type AlertState = "ok" | "pending" | "firing" | Unmeasured;

/** How one stands that cannot be measured. */
export type Unmeasured = "no data" | "error";

/** How bad one is that is pending or fires. */
export type Severity = "warning" | "critical";

/** An alert as it is kept between two looks. */
export interface Alert {
  readonly state: AlertState;
  /** Null unless it is pending or fires. */
  readonly severity: Severity | null;
  readonly since: Date;
  /** Since when the values say that another state is due; null while they do not. */
  readonly turningSince: Date | null;
}

/** What is to be told of an alert. */
export interface AlertChange {
  /** `ok`: it is over. */
  readonly state: "ok" | "firing" | Unmeasured;
  readonly severity: Severity | null;
}

/** What is seen of a metric. */
export type Observed = Pick<ThresholdCheck, "level" | "value" | "warning" | "critical" | "direction">;

/** What becomes of an alert, and what is to be told of it; null for nothing. */
export interface NextAlert {
  readonly alert: Alert;
  readonly change: AlertChange | null;
}

/** One that fires is over only when its value is this share of the threshold away from it: a value on the line stays. */
const margin = 0.05;

/** An alert that nothing was seen of yet. */
export function newAlert(now: Date): Alert {
  return { state: "ok", severity: null, since: now, turningSince: null };
}

type Step = (alert: Alert, seen: Observed, holdMs: number, now: Date) => NextAlert;

/** What is done in each state. */
const steps: Readonly<Record<AlertState, Step>> = {
  ok: (alert, seen, holdMs, now) => {
    if (isUnmeasured(seen.level)) return turnedTo(seen.level, alert, holdMs, now);
    return seen.level === "ok" ? stay(alert) : pends(seen.level, holdMs, now);
  },
  pending: (alert, seen, holdMs, now) => {
    if (isUnmeasured(seen.level)) return stay(alert);
    // Whatever it was before: nobody was told of it.
    if (seen.level === "ok") return { alert: newAlert(now), change: null };
    if (now.getTime() - alert.since.getTime() >= holdMs) return fires(seen.level, now);
    return { alert: { ...alert, severity: seen.level }, change: null };
  },
  firing: (alert, seen, holdMs, now) => {
    // One that fires is not over because nobody can look.
    if (isUnmeasured(seen.level)) return stay(alert);
    const level = levelOfFiring(alert, seen);
    if (level === "critical" && alert.severity === "warning") return fires("critical", now);
    if (level === alert.severity) return stay(alert);
    const turningSince = alert.turningSince ?? now;
    if (now.getTime() - turningSince.getTime() < holdMs)
      return { alert: { ...alert, turningSince }, change: null };
    return level === "ok" ? over(now) : fires("warning", now);
  },
  "no data": unmeasured,
  error: unmeasured,
};

function unmeasured(alert: Alert, seen: Observed, holdMs: number, now: Date): NextAlert {
  if (seen.level === alert.state) return stay(alert);
  if (isUnmeasured(seen.level)) return turnedTo(seen.level, alert, holdMs, now);
  return seen.level === "ok" ? over(now) : pends(seen.level, holdMs, now);
}

function isUnmeasured(level: Observed["level"]): level is Unmeasured {
  return level === "no data" || level === "error";
}

function pends(severity: Severity, holdMs: number, now: Date): NextAlert {
  if (holdMs === 0) return fires(severity, now);
  return { alert: { state: "pending", severity, since: now, turningSince: now }, change: null };
}

/**
 * What becomes of an alert by what is seen now. It fires when values were past a threshold for `holdMs`, without one that
 * was not; it is over when they were clearly on the right side for as long. It becomes worse at once. What cannot be
 * measured for `holdMs` is told too, unless it fires: then it goes on firing.
 */
export function nextAlert(alert: Alert, seen: Observed, holdMs: number, now: Date): NextAlert {
  return steps[alert.state](alert, seen, holdMs, now);
}

function levelOfFiring({ severity }: Alert, seen: Observed): "ok" | Severity {
  const { value, direction } = seen;
  const isAway = (limit: number | null) => {
    if (limit === null || value === null) return true;
    const band = Math.abs(limit) * margin;
    return direction === "below" ? value > limit + band : value < limit - band;
  };
  if (seen.level === "critical") return "critical";
  if (severity === "critical" && !isAway(seen.critical)) return "critical";
  if (seen.level === "warning") return "warning";
  return isAway(seen.warning ?? seen.critical) ? "ok" : "warning";
}

function stay(alert: Alert): NextAlert {
  const { state } = alert;
  return { alert: state === "pending" ? alert : { ...alert, turningSince: null }, change: null };
}

function turnedTo(state: Unmeasured, alert: Alert, holdMs: number, now: Date): NextAlert {
  const turningSince = alert.turningSince ?? now;
  if (now.getTime() - turningSince.getTime() < holdMs)
    return { alert: { ...alert, turningSince }, change: null };
  return {
    alert: { state, severity: null, since: now, turningSince: null },
    change: { state, severity: null },
  };
}

function fires(severity: Severity, now: Date): NextAlert {
  return {
    alert: { state: "firing", severity, since: now, turningSince: null },
    change: { state: "firing", severity },
  };
}

function over(now: Date): NextAlert {
  return { alert: newAlert(now), change: { state: "ok", severity: null } };
}
