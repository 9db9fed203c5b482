import { asSyncError } from "../errors/as-sync-error.ts";
import type { AgentLives } from "../flush/agent-lives.ts";
import { readStateSubject, stateStream, stateSubjectsOf } from "../keys/state-subject.ts";
import { firstMessage } from "../nats/first-message.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { inFlight } from "../store/in-flight.ts";
import type { WalkedMessage } from "../store/walk-bucket.ts";

/**
 * Tells of the agents of whom nothing stays in the bucket when these messages leave it. They come in the order of their
 * numbers, and all before them has left: an agent with a later message is not idle.
 *
 * @returns the idle ones
 */
export async function tellIdle(
  link: NatsLink,
  lives: AgentLives,
  leaving: readonly WalkedMessage[],
): Promise<readonly string[]> {
  const behind = (leaving.at(-1)?.sequence ?? 0) + 1;
  const agents = [...new Set(leaving.flatMap(({ subject }) => agentOf(subject)))];
  const { present, absent } = await lookFor(link, agents, behind);
  lives.happened("seen in the bucket", present);
  lives.happened("went idle", absent);
  return absent;
}

/** Tells which of the idle agents have left the bucket, and who has been written anew meanwhile. */
export async function tellGone(link: NatsLink, lives: AgentLives, idle: readonly string[]): Promise<void> {
  const { present, absent } = await lookFor(link, idle, 1);
  lives.happened("seen in the bucket", present);
  lives.happened("left the bucket", absent);
}

function agentOf(subject: string): readonly string[] {
  const key = readStateSubject(subject);
  return typeof key === "string" ? [] : [key.agentId];
}

async function lookFor(link: NatsLink, agents: readonly string[], from: number) {
  const found = await inFlight(agents, 64, async (agentId) => ({
    agentId,
    isThere: await hasMessage(link, agentId, from),
  }));
  return {
    present: found.filter(({ isThere }) => isThere).map(({ agentId }) => agentId),
    absent: found.filter(({ isThere }) => !isThere).map(({ agentId }) => agentId),
  };
}

async function hasMessage(link: NatsLink, agentId: string, from: number): Promise<boolean> {
  const subject = stateSubjectsOf(agentId);
  try {
    return (await firstMessage(link, { stream: stateStream, subject, from })) !== undefined;
  } catch (error) {
    throw asSyncError(error, `look for ${subject}`);
  }
}
