import type { Readiness } from "../../http/status-server.ts";
import type { OverviewDocument } from "./overview-document.ts";

/** What an alert that fires says. */
export interface FiringAlert {
  readonly metric: string;
  readonly severity: string | null;
}

/** Sums up how all is: the worst of it in a few words, and every reason. */
export function summary(
  { ready, why }: Pick<Readiness, "ready" | "why">,
  pipes: readonly Pick<OverviewDocument["pipes"][number], "role" | "title" | "level" | "word" | "why">[],
  firing: readonly FiringAlert[],
): Pick<OverviewDocument, "level" | "headline" | "why"> {
  const bad = pipes.filter(({ level }) => level === "critical");
  // What readiness tells of a part is not told twice.
  const untold = bad.filter(({ role }) => !why.some((one) => one.startsWith(`${role} is `)));
  const reasons = [
    ...why,
    ...untold.map((one) => `${one.title}: ${one.word}${one.why === null ? "" : `, ${one.why}`}`),
    ...firing.map(({ metric, severity }) => `${severity ?? "alert"}: ${metric.replaceAll("_", " ")}`),
  ];
  const says = (level: OverviewDocument["level"], headline: string) => ({ level, headline, why: reasons });
  if (!ready) return says("critical", "smithd cannot do its work");
  if (bad.length > 0)
    return says("critical", bad.length === 1 ? "A pipe does not move" : "Pipes do not move");
  if (firing.length > 0) {
    const isCritical = firing.some(({ severity }) => severity === "critical");
    const headline = firing.length === 1 ? "One alert fires" : `${firing.length} alerts fire`;
    return says(isCritical ? "critical" : "warning", headline);
  }
  if (pipes.some(({ level }) => level === "warning"))
    return says("warning", "One store catches up with the other");
  if (pipes.some(({ level }) => level === "unknown")) return says("unknown", "Not all is known yet");
  return says("ok", "Both stores are in step");
}
