import { compareSettings } from "./compare-settings.ts";
import { type ConsumerSettings, fixedConsumerSettings, plainConsumerSettings } from "./consumer-settings.ts";
import { coversSubject } from "./covers-subject.ts";
import type { FoundConsumer } from "./found-topology.ts";
import type { Difference } from "./topology-step.ts";

/** The settings of a consumer that are not as wanted, each with why it cannot be changed. */
export function compareConsumer(
  wanted: ConsumerSettings,
  { settings, pending }: FoundConsumer,
): Difference[] {
  const cannot = () => "the server cannot change that of a consumer";
  return compareSettings<FoundConsumer["settings"]>(
    { ...fixedConsumerSettings, ...plainConsumerSettings, ...wanted },
    settings,
    {
      ackPolicy: cannot,
      deliverPolicy: cannot,
      pushes: cannot,
      replayPolicy: cannot,
      filterSubjects: (want, have) =>
        pending === 0 || coversAll(want, have)
          ? undefined
          : `it has ${pending} messages still to deliver, and would pass over those of its old filter`,
    },
  );
}

function coversAll(wanted: readonly string[], found: readonly string[]): boolean {
  const patterns = wanted.length === 0 ? [">"] : wanted;
  return (found.length === 0 ? [">"] : found).every((subject) => coversSubject(patterns, subject));
}
