import { asSyncError } from "../errors/as-sync-error.ts";
import type { AgentLives } from "../flush/agent-lives.ts";
import { readPosition } from "../flush/find-position.ts";
import type { Position } from "../flush/position.ts";
import { stateStream } from "../keys/state-subject.ts";
import { periodic } from "../lifecycle/periodic.ts";
import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import { tell } from "../lifecycle/tell.ts";
import { keepFollowedFilled } from "../project/fill-followed.ts";
import { type CheckOptions, type Checks, createChecks } from "./checks.ts";
import { type Hydrated, type HydrateProgress, hydrate } from "./hydrate.ts";
import type { AgentScope } from "./state-rows.ts";

/** How the bucket is kept filled. What a listener throws becomes a warning of the process. */
export interface HydratorOptions extends CheckOptions {
  /** Brings the bucket about where it is missing; called at the beginning of each round. Default: nothing. */
  readonly prepare?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Whose state is brought in. Default: that of `all` into a bucket that is new, else `active`. */
  readonly agents?: AgentScope | undefined;
  /** Whether both stores are compared, and mended, after each hydration. Default: true. */
  readonly verify?: boolean | undefined;
  /** How often it is looked whether the bucket is still the same, in milliseconds. Default: 2000. */
  readonly intervalMs?: number | undefined;
  /** Without progress for so long, or failures for so long, in milliseconds, it is `stuck`. Default: 60000. */
  readonly stuckAfterMs?: number | undefined;
  /** Where the lives of agents are followed. Default: nowhere. */
  readonly lives?: AgentLives | undefined;
  /** Hears how far a hydration is. */
  readonly onProgress?: ((progress: HydrateProgress) => void) | undefined;
  /** Hears of each hydration, and for which life of the bucket it was; 0 before the flusher has read any. */
  readonly onHydrated?: ((hydrated: Hydrated, incarnation: number) => void) | undefined;
  /** Hears that the database is behind where it was: it was restored from a backup, or has lost its end. */
  readonly onWentBack?: ((from: Position, to: Position | undefined) => void) | undefined;
}

/** A bucket counts as new for so long, in milliseconds. */
const newForMs = 3_600_000;

/**
 * Keeps the bucket filled, and those of configurations and sessions beside it: it hydrates when it starts, and again whenever the flusher finds the bucket to be another one. When
 * the flusher has come to what the bucket held at that time, both stores are compared, and what differs is mended. So they are
 * equal again, and what is lost is named, after the loss of the bucket and after PostgreSQL was restored from an older
 * backup: the flusher brings back what the bucket still holds, the hydration what it lacks, and the comparison tells the rest.
 *
 * A comparison goes on beside the rounds, in the memory of a few batches; one that a new life of the bucket overtakes is
 * given up.
 */
export function createHydrator(options: HydratorOptions): Service {
  const { database, link, prepare, agents, lives, verify = true, intervalMs = 2_000 } = options;
  const { stuckAfterMs = 60_000, onProgress, onHydrated, onWentBack, onError } = options;
  const checks: Checks = createChecks(options);
  const keepFilled = keepFollowedFilled({ database, link });
  let hydrated: number | undefined;
  let seen: Position | undefined;
  let progressAt = 0;

  const rounds = periodic({ name: "hydrate", intervalMs, stuckAfterMs, onError, round });

  const hydrator: Service = {
    name: "hydrate",
    async start() {
      hydrated = undefined;
      seen = undefined;
      await rounds.start();
    },
    async stop() {
      await rounds.stop();
      await checks.stop();
    },
    status(): ServiceStatus {
      const status = rounds.status();
      const comesFurther = performance.now() - progressAt <= stuckAfterMs;
      return status.state === "stuck" && comesFurther ? { ...status, state: "running" } : status;
    },
    [Symbol.asyncDispose]: () => hydrator.stop(),
  };
  return hydrator;

  async function round(signal: AbortSignal): Promise<void> {
    await prepare?.(signal);
    const position = await readPosition(database);
    if (seen !== undefined && isBehind(position, seen)) {
      hydrated = undefined;
      const from = seen;
      tell(() => onWentBack?.(from, position), undefined);
    }
    seen = position;
    const incarnation = position?.incarnation ?? 0;
    if (incarnation !== hydrated) await bringIn(incarnation, signal);
    if (verify && position !== undefined) checks.look(position);
    await keepFilled(signal);
  }

  async function bringIn(incarnation: number, signal: AbortSignal): Promise<void> {
    await checks.stop();
    const done = await hydrate(
      { database, link },
      {
        agents: agents ?? ((await isNew()) ? "all" : "active"),
        lives,
        signal,
        onProgress: (progress) => {
          progressAt = performance.now();
          tell(onProgress, progress);
        },
      },
    );
    // What is in the bucket by now is to be flushed before it is compared.
    checks.due(await lastSequence());
    hydrated = incarnation;
    tell(() => onHydrated?.(done, incarnation), undefined);
  }

  /** Whether it is so young that nothing can have been evicted from it, or it is not the one that we filled. */
  async function isNew(): Promise<boolean> {
    if (hydrated !== undefined) return true;
    try {
      const { created } = await link.manager.streams.info(stateStream);
      return Date.now() - Date.parse(created) < newForMs;
    } catch (error) {
      throw asSyncError(error, `look at ${stateStream}`);
    }
  }

  async function lastSequence(): Promise<number> {
    try {
      return (await link.manager.streams.info(stateStream)).state.last_seq;
    } catch (error) {
      throw asSyncError(error, `look at ${stateStream}`);
    }
  }
}

function isBehind(position: Position | undefined, before: Position): boolean {
  if (position === undefined) return true;
  const { incarnation, sequence } = position;
  return (
    incarnation < before.incarnation || (incarnation === before.incarnation && sequence < before.sequence)
  );
}
