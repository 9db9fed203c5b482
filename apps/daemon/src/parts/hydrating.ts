import { createHydrator, type Lease, type Service, type StateDifference } from "@mister-smith/sync";
import { applyTopology } from "../program/apply-topology.ts";
import { failed, type PartsOptions } from "./parts-options.ts";

/** Of each comparison so many differences are logged one by one; all are counted. */
const mostLogged = 1_000;
/** How often it is logged how far a hydration or a comparison is, in milliseconds. */
const progressEveryMs = 5_000;

/** Brings the topology about, keeps the bucket filled, and compares both stores after each hydration. */
export function hydrating(_: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, log, lives } = options;
  const progress = nowAndThen(progressEveryMs);
  let differences = 0;
  let compared = 0;
  metrics.verifyRunning.set(0);
  return createHydrator({
    database,
    link,
    lives,
    verify: config.values.daemon.verify,
    stuckAfterMs: Math.max(60_000, config.values.daemon.stuckAfterMs),
    prepare: (signal) => applyTopology(link, config, log, signal),
    onProgress: (done) => progress(() => log.info(done, "hydrating")),
    onHydrated: (done, incarnation) => {
      metrics.hydratedKeys.inc(done.created);
      log.info({ ...done, incarnation }, "hydrated");
    },
    onWentBack: (from, to) =>
      log.warn({ from, to }, "the database is older than it was: it was restored, or its end was lost"),
    onVerifying: ({ position, isFlushed, due }) => {
      differences = 0;
      compared = 0;
      metrics.verifyRunning.set(1);
      if (isFlushed) log.info({ position, due }, "both stores are compared");
      else log.warn({ position, due }, "both stores are compared, though the flusher comes no further");
    },
    onVerifyProgress: (done) => {
      metrics.verifiedKeys.inc(done.keys - compared);
      compared = done.keys;
      progress(() => log.info(done, "comparing"));
    },
    onDifference: (difference) => {
      const { cause, repair } = difference;
      metrics.verifyDifferences.inc({ cause, repair });
      differences += 1;
      if (differences <= mostLogged) log.warn(shown(difference), told(difference));
      if (differences === mostLogged) log.warn("further differences are counted, and not logged");
    },
    onVerified: ({ listed: _listed, ...report }) => {
      metrics.verifyRunning.set(0);
      metrics.verifyOpen.set(report.openDifferences);
      if (report.isClean) log.info(report, "both stores are equal");
      else log.warn(report, "both stores are not equal");
    },
    onError: (error) => {
      metrics.verifyRunning.set(0);
      failed(options, "hydrate", error);
    },
  });
}

function shown({ key, subject, explanation: _, ...difference }: StateDifference) {
  return { ...difference, ...(key ?? { subject }) };
}

function told({ repair, explanation }: StateDifference): string {
  return `${repair === "mended" ? "mended" : "differs"}: ${explanation}`;
}

function nowAndThen(everyMs: number): (tell: () => void) => void {
  let toldAt = performance.now();
  return (tell) => {
    if (performance.now() - toldAt < everyMs) return;
    toldAt = performance.now();
    tell();
  };
}
