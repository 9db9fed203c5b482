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
  /** Since when there is no value; null while there is one. */
  readonly unmeasuredSince: Date | null;
  /** When there was last a value; null for never. */
  readonly measuredAt: Date | null;
  /** What was told last. */
  readonly told: AlertChange["state"];
}

/** What is to be told of an alert. */
export interface AlertChange {
  /** `ok`: it is over. */
  readonly state: "ok" | "firing" | Unmeasured;
  readonly severity: Severity | null;
}

/** What is seen of a metric. */
export type Observed = Pick<
  ThresholdCheck,
  "metric" | "level" | "absence" | "value" | "warning" | "critical" | "direction"
>;

/** What becomes of an alert, and what is to be told of it; null for nothing. */
export interface NextAlert {
  readonly alert: Alert;
  readonly change: AlertChange | null;
}

/** One that fires is over only when its value is this share of the threshold away from it: a value on the line stays. */
const margin = 0.05;

/** An alert that nothing was seen of yet. */
export function newAlert(now: Date): Alert {
  return {
    state: "ok",
    severity: null,
    since: now,
    turningSince: null,
    unmeasuredSince: null,
    measuredAt: null,
    told: "ok",
  };
}

/**
 * What becomes of an alert by what is seen now. It fires when values were past a threshold for `holdMs`, without one that
 * was not; it is over when they were clearly on the right side for as long. It becomes worse at once. What cannot be
 * measured for `holdMs` is told too, whatever it was before, and is over when it was measured again for as long. What has nothing to
 * measure by its nature, and never had, is well; so is what has nothing to judge just now.
 */
export function nextAlert(before: Alert, seen: Observed, holdMs: number, now: Date): NextAlert {
  const level = levelSeen(before, seen);
  const alert: Alert = {
    ...before,
    unmeasuredSince: isUnmeasured(level) ? (before.unmeasuredSince ?? now) : null,
    measuredAt: seen.value === null ? before.measuredAt : now,
  };
  const next = steps[alert.state](alert, { ...seen, level }, holdMs, now);
  return next.change === null ? next : { ...next, alert: { ...next.alert, told: next.change.state } };
}

type Step = (alert: Alert, seen: Observed, holdMs: number, now: Date) => NextAlert;

/** What is done in each state. */
const steps: Readonly<Record<AlertState, Step>> = {
  ok: (alert, seen, holdMs, now) => {
    if (isUnmeasured(seen.level)) return lost(seen.level, alert, holdMs, now);
    return seen.level === "ok" ? stay(alert) : pends(alert, seen.level, holdMs, now);
  },
  pending: (alert, seen, holdMs, now) => {
    if (isUnmeasured(seen.level)) return lost(seen.level, alert, holdMs, now);
    if (seen.level === "ok") return quiet(alert, now);
    if (now.getTime() - alert.since.getTime() >= holdMs) return fires(alert, seen.level, now);
    return { alert: { ...alert, severity: seen.level }, change: null };
  },
  firing: (alert, seen, holdMs, now) => {
    if (isUnmeasured(seen.level)) return lost(seen.level, alert, holdMs, now);
    const level = levelOfFiring(alert, seen);
    if (level === "critical" && alert.severity === "warning") return fires(alert, "critical", now);
    if (level === alert.severity) return stay(alert);
    const turningSince = alert.turningSince ?? now;
    if (now.getTime() - turningSince.getTime() < holdMs)
      return { alert: { ...alert, turningSince }, change: null };
    return level === "ok" ? over(alert, now) : fires(alert, "warning", now);
  },
  "no data": unmeasured,
  error: unmeasured,
};

function unmeasured(alert: Alert, seen: Observed, holdMs: number, now: Date): NextAlert {
  if (seen.level === alert.state) return stay(alert);
  if (isUnmeasured(seen.level)) {
    const turningSince = alert.turningSince ?? now;
    if (now.getTime() - turningSince.getTime() >= holdMs) return turnedTo(seen.level, alert, now);
    return { alert: { ...alert, turningSince }, change: null };
  }
  if (seen.level !== "ok") return pends(alert, seen.level, holdMs, now);
  // What comes and goes is not told each time that it comes.
  const turningSince = alert.turningSince ?? now;
  if (now.getTime() - turningSince.getTime() < holdMs)
    return { alert: { ...alert, turningSince }, change: null };
  return over(alert, now);
}

function isUnmeasured(level: string): level is Unmeasured {
  return level === "no data" || level === "error";
}

/** How bad it is: nothing that nobody ever had is missed, and nothing where there is nothing to judge. */
function levelSeen({ measuredAt }: Alert, { level, absence }: Observed): Observed["level"] {
  if (level !== "no data") return level;
  return absence === "idle" || (absence === "absent" && measuredAt === null) ? "ok" : level;
}

function pends(alert: Alert, severity: Severity, holdMs: number, now: Date): NextAlert {
  if (holdMs === 0) return fires(alert, severity, now);
  return { alert: { ...alert, state: "pending", severity, since: now, turningSince: now }, change: null };
}

/** What was pending and is not: nobody was told of it, so what was told before still holds. */
function quiet(alert: Alert, now: Date): NextAlert {
  const { told } = alert;
  const next = { ...alert, severity: null, since: now };
  if (isUnmeasured(told)) return { alert: { ...next, state: told, turningSince: now }, change: null };
  return { alert: { ...next, state: "ok", turningSince: null }, change: null };
}

/** There is no value. When that has lasted, it is told: also of one that fires, which nobody can say to be over. */
function lost(state: Unmeasured, alert: Alert, holdMs: number, now: Date): NextAlert {
  if (now.getTime() - (alert.unmeasuredSince ?? now).getTime() >= holdMs) return turnedTo(state, alert, now);
  return alert.state === "pending" ? { alert, change: null } : stay(alert);
}

/** In a percentage, no more than half of the room that there is on the right side of the limit: else it could never be over. */
function bandOf(limit: number, { metric, direction }: Observed): number {
  const band = Math.abs(limit) * margin;
  const isShare = /_(?:percent|ratio)$/.test(metric);
  return direction === "below" && isShare ? Math.min(band, Math.max(0, 100 - limit) / 2) : band;
}

function levelOfFiring({ severity }: Alert, seen: Observed): "ok" | Severity {
  const { value, direction } = seen;
  const isAway = (limit: number | null) => {
    if (limit === null || value === null) return true;
    const band = bandOf(limit, seen);
    return direction === "below" ? value > limit + band : value < limit - band;
  };
  if (seen.level === "critical") return "critical";
  if (severity === "critical" && !isAway(seen.critical)) return "critical";
  if (seen.level === "warning") return "warning";
  return isAway(seen.warning ?? seen.critical) ? "ok" : "warning";
}

function stay(alert: Alert): NextAlert {
  return { alert: { ...alert, turningSince: null }, change: null };
}

function turnedTo(state: Unmeasured, alert: Alert, now: Date): NextAlert {
  const next = { ...alert, state, severity: null, since: now, turningSince: null };
  // One that was pending may come back to what was told.
  return { alert: next, change: alert.told === state ? null : { state, severity: null } };
}

function fires(alert: Alert, severity: Severity, now: Date): NextAlert {
  return {
    alert: { ...alert, state: "firing", severity, since: now, turningSince: null },
    change: { state: "firing", severity },
  };
}

function over(alert: Alert, now: Date): NextAlert {
  return {
    alert: { ...alert, state: "ok", severity: null, since: now, turningSince: null },
    change: { state: "ok", severity: null },
  };
}
