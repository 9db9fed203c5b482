/** What decides whether a channel is told. */
export interface TellableChannel {
  readonly name: string;
  /** Told whatever a threshold says. */
  readonly isAlwaysTold: boolean;
  /** Told also where it is not named. */
  readonly isToldUnnamed: boolean;
}

/** Who is told, and which names are those of no channel. */
export interface ChannelChoice {
  readonly told: readonly string[];
  readonly unknown: readonly string[];
}

/** The channels that a threshold names; all that are told unnamed where it names none, or only such as there are not: nobody would be told. */
export function channelsToTell(
  named: readonly string[],
  channels: readonly TellableChannel[],
): ChannelChoice {
  const unknown = named.filter((name) => !channels.some((channel) => channel.name === name));
  const isForAll = unknown.length === named.length;
  const told = channels
    .filter(
      ({ name, isAlwaysTold, isToldUnnamed }) =>
        (isForAll && isToldUnnamed) || isAlwaysTold || named.includes(name),
    )
    .map(({ name }) => name);
  return { told, unknown };
}
