import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "./random.ts";
import type { SmithdProcess } from "./smithd-process.ts";
import { leaseTtlMs, type World } from "./world.ts";

/** Something bad that happens to the world, and passes. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  /** Does it, and puts back what it took away. */
  readonly happen: (world: World, random: Random) => Promise<void>;
}

/** Everything that happens in a run of chaos. */
export const faults: readonly Fault[] = [
  { name: "SIGKILL of the leading smithd", weight: 3, happen: killLeader },
  { name: "SIGKILL of both smithd", weight: 2, happen: killBoth },
  { name: "SIGTERM of the leading smithd", weight: 1, happen: terminateLeader },
  { name: "the leading smithd frozen past its lease, then woken", weight: 3, happen: freezeLeader },
  { name: "SIGKILL of PostgreSQL", weight: 3, happen: killPostgres },
  { name: "SIGKILL of nats-server", weight: 3, happen: killNats },
  { name: "SIGKILL of PostgreSQL and smithd", weight: 2, happen: killPostgresAndLeader },
  { name: "SIGKILL of nats-server and PostgreSQL", weight: 2, happen: killBothServers },
  { name: "SIGKILL of everything", weight: 1, happen: killEverything },
];

/** Chooses a fault by the weights. */
export function chooseFault(random: Random): Fault {
  const total = faults.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.next() * total;
  for (const fault of faults) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return faults[0] as Fault; // There is one at least.
}

async function leaderOf({ daemons }: World): Promise<SmithdProcess> {
  for (const daemon of daemons) if ((await daemon.roles()).includes("flush")) return daemon;
  return daemons[0] as SmithdProcess; // There are two.
}

async function killLeader(world: World, random: Random): Promise<void> {
  const leader = await leaderOf(world);
  await leader.kill();
  await pause(random.between(0, 800));
  await leader.start();
}

async function killBoth({ daemons }: World, random: Random): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.kill()));
  await pause(random.between(0, 800));
  for (const daemon of daemons) await daemon.start();
}

async function terminateLeader(world: World): Promise<void> {
  const leader = await leaderOf(world);
  const code = await leader.terminate();
  if (code !== 0) throw new Error(`${leader.name} ended with ${code} after SIGTERM`);
  await leader.start();
}

async function freezeLeader(world: World, random: Random): Promise<void> {
  const leader = await leaderOf(world);
  leader.freeze();
  await pause(leaseTtlMs + random.between(500, 2_000));
  leader.wake();
}

async function killPostgres({ postgres }: World, random: Random): Promise<void> {
  await postgres.kill();
  await pause(random.between(0, 1_500));
  await postgres.start();
}

async function killNats({ nats }: World, random: Random): Promise<void> {
  await nats.kill();
  await pause(random.between(0, 1_500));
  await nats.start();
}

async function killPostgresAndLeader(world: World, random: Random): Promise<void> {
  const leader = await leaderOf(world);
  await Promise.all([world.postgres.kill(), leader.kill()]);
  await pause(random.between(0, 1_000));
  await world.postgres.start();
  await leader.start();
}

async function killBothServers({ nats, postgres }: World, random: Random): Promise<void> {
  await Promise.all([nats.kill(), postgres.kill()]);
  await pause(random.between(0, 1_000));
  await Promise.all([nats.start(), postgres.start()]);
}

async function killEverything(world: World, random: Random): Promise<void> {
  const { nats, postgres, daemons } = world;
  await Promise.all([nats.kill(), postgres.kill(), ...daemons.map((daemon) => daemon.kill())]);
  await pause(random.between(0, 500));
  await Promise.all([nats.start(), postgres.start()]);
  for (const daemon of daemons) await daemon.start();
}
