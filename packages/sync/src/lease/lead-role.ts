import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@mister-smith/client";
import { backgroundRun } from "../lifecycle/background-run.ts";
import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import { tell } from "../lifecycle/tell.ts";
import { type HeldLease, heldLease } from "./held-lease.ts";
import type { Lease } from "./lease.ts";
import { giveLease, takeLease } from "./take-lease.ts";

/** A role, and what its leader does. */
export interface LeadRoleOptions {
  readonly database: Database;
  /** One of all daemons on this database has it: `flush`, `relay` … */
  readonly role: string;
  /** Names this process, unlike any other: host, process id and something random. */
  readonly holder: string;
  /** After this many milliseconds without renewal another may take it. Default: 5000. */
  readonly ttlMs?: number | undefined;
  /** When the role could not be asked for during so long beyond `ttlMs` it is `stuck`, in milliseconds. Default: 30000. */
  readonly stuckAfterMs?: number | undefined;
  /** Makes what runs while the role is held; its `stop` must end in bounded time. */
  readonly lead: (lease: Lease) => Service;
  /** Hears when the role is taken and lost. */
  readonly onChange?: ((leads: boolean, epoch: number) => void) | undefined;
  /** Hears of what went wrong; it is tried again by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A candidate for a role: it leads, or waits warm until it may. */
export interface RoleService extends Service {
  readonly role: string;
  /** Whether it leads now. */
  readonly leads: boolean;
}

/**
 * Runs something in one daemon at a time. The others ask for the role three times in its `ttlMs`; when the leader dies,
 * freezes or loses the database, the next one begins at most `ttlMs` and one such pause later.
 *
 * A leader that was frozen may still believe for a moment that it leads: what it does must be fenced by itself, by the
 * stored position or by the lease's epoch.
 */
export function leadRole(options: LeadRoleOptions): RoleService {
  const { database, role, holder, ttlMs = 5_000, stuckAfterMs = 30_000, lead, onChange, onError } = options;
  const renewMs = Math.max(10, ttlMs / 3);
  let held: { readonly lease: Lease; readonly service: Service } | undefined;
  /** What the last question came to; undefined before the first answer. */
  let asked: "taken by another" | { readonly trouble: string } | undefined;
  let answeredAt = 0;

  const run = backgroundRun(candidate);

  const service: RoleService = {
    name: role,
    role,
    get leads() {
      return held?.lease.holds() === true;
    },
    start: () => run.start(),
    stop: () => run.stop(),
    status(): ServiceStatus {
      if (run.state !== "running") return { state: run.state, why: undefined };
      if (held !== undefined) return held.service.status();
      return statusOfAsking();
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;

  // Another daemon may lead well. Whoever cannot ask does not know, and after a while nobody may.
  function statusOfAsking(): ServiceStatus {
    const silentMs = performance.now() - answeredAt;
    const state = silentMs > ttlMs + stuckAfterMs ? "stuck" : "running";
    if (asked === "taken by another") return { state, why: `another daemon has the role ${role}` };
    return { state, why: asked?.trouble ?? `the role ${role} is being asked for` };
  }

  async function candidate(stopping: AbortSignal): Promise<void> {
    answeredAt = performance.now();
    asked = undefined;
    while (!stopping.aborted) {
      const askedAt = performance.now();
      const epoch = await ask();
      if (epoch === undefined) await pauseFor(renewMs, stopping);
      else await leading(epoch, askedAt + ttlMs, stopping);
    }
  }

  async function ask(): Promise<number | undefined> {
    try {
      const epoch = await takeLease(database.background, { role, holder, ttlMs }, { timeoutMs: ttlMs });
      asked = "taken by another";
      answeredAt = performance.now();
      return epoch;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      asked = { trouble: `the role ${role} cannot be asked for: ${reason}` };
      tell(onError, error);
      return undefined;
    }
  }

  async function leading(epoch: number, until: number, stopping: AbortSignal): Promise<void> {
    const lease = heldLease(role, epoch, until);
    const leader = lead(lease);
    held = { lease, service: leader };
    changed(true, epoch);
    try {
      await leader.start();
      await keep(lease, stopping);
    } catch (error) {
      tell(onError, error);
      await pauseFor(renewMs, stopping);
    }
    const lost = !lease.holds();
    await leader.stop().catch((error: unknown) => tell(onError, error));
    lease.end();
    held = undefined;
    changed(false, epoch);
    if (!lost) await giveBack();
  }

  /** Renews a lease until it is lost, or the candidate is stopped. */
  async function keep(lease: HeldLease, stopping: AbortSignal): Promise<void> {
    const ends = AbortSignal.any([stopping, lease.signal]);
    for (;;) {
      await pauseFor(renewMs, ends);
      if (stopping.aborted || !lease.holds()) return;
      const askedAt = performance.now();
      const renewed = await ask();
      // Another epoch: it was lost and taken anew in between, and somebody else may have led.
      if (renewed !== undefined && renewed !== lease.epoch) return lease.end();
      if (renewed !== undefined && lease.holds()) lease.renew(askedAt + ttlMs);
    }
  }

  function changed(leads: boolean, epoch: number): void {
    tell(() => onChange?.(leads, epoch), undefined);
  }

  async function giveBack(): Promise<void> {
    try {
      await giveLease(database.background, { role, holder }, { timeoutMs: ttlMs });
    } catch (error) {
      // It runs out by itself.
      tell(onError, error);
    }
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => {});
}
