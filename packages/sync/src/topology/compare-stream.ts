import { compareSettings } from "./compare-settings.ts";
import type { FoundStream } from "./found-topology.ts";
import { type ForeignStreamSettings, plainStreamSettings, type StreamSettings } from "./stream-settings.ts";
import type { Difference } from "./topology-step.ts";

/** The settings of a stream that are not as wanted, each with why it cannot be changed without losing messages. */
export function compareStream(wanted: StreamSettings, found: FoundStream, now: Date): Difference[] {
  const { messages, bytes, subjects, oldestAt, strays } = found;
  return compareSettings<StreamSettings & Partial<ForeignStreamSettings>>(
    { ...wanted, ...plainStreamSettings },
    found.settings,
    {
      storage: (_, is) => `the server cannot move a stream from ${is} to another storage`,
      retention: (_, is) =>
        `a stream with ${is} retention cannot get another: the server refuses it, or drops what nobody has yet to acknowledge`,
      subjects: () =>
        strays === 0
          ? undefined
          : `${count(strays, "stored message has", "stored messages have")} a subject that would belong to it no more`,
      maxMessages: (limit) =>
        limit === 0 || messages <= limit
          ? undefined
          : `it holds ${messages} messages, more than maxMessages ${limit}: the oldest would be dropped`,
      maxBytes: (limit) =>
        limit === 0 || bytes <= limit
          ? undefined
          : `it holds ${bytes} bytes, more than maxBytes ${limit}: the oldest messages would be dropped`,
      maxAgeMs: (limit) =>
        limit === 0 || oldestAt === undefined || now.getTime() - oldestAt.getTime() < limit
          ? undefined
          : `its oldest message is of ${oldestAt.toISOString()}, older than maxAgeMs ${limit}: it would be dropped`,
      history: (limit, is) =>
        limit === 0 || (is !== 0 && is <= limit) || mostOfOneSubject(messages, subjects) <= limit
          ? undefined
          : `it holds ${messages} messages of ${count(subjects, "subject", "subjects")}: those beyond the last ${limit} of one would be dropped`,
      maxConsumers: () => "the server cannot change how many consumers a stream takes",
      sealed: () => "the server cannot open again a stream that is sealed",
      denyDelete: (want) =>
        want ? undefined : "the server cannot allow again that single messages are deleted",
      messageTtl: (want) =>
        want ? undefined : "the server cannot take back that a message brings its own time to live",
    },
  );
}

// Every subject has one at least.
function mostOfOneSubject(messages: number, subjects: number): number {
  return messages === 0 ? 0 : messages - Math.max(1, subjects) + 1;
}

function count(number: number, singular: string, plural: string): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
