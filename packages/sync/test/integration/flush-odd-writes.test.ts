import { once } from "node:events";
import { connect } from "node:net";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createFlusher,
  dropDeadLetters,
  type Flusher,
  listDeadLetters,
  readPosition,
  stateStream,
  stateSubject,
  verifyStores,
} from "../../src/index.ts";
import { statePrefix } from "../../src/keys/state-subject.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

const patience = { timeout: 20_000, interval: 20 };
const twoMegabytes = JSON.stringify("x".repeat(2 * 1024 * 1024));

describe.each([
  ["as nats-server takes it by default", undefined],
  ["that nats-server was told to take", 8 * 1024 * 1024],
])("a write with a value of 2 MB, %s", (_, maxPayload) => {
  let nats: EmbeddedNats;
  let lab: SyncLab;
  let flusher: Flusher;
  beforeAll(async () => {
    nats = await startNats(maxPayload === undefined ? {} : { settings: { max_payload: maxPayload } });
    lab = await openSyncLab({ nats });
    flusher = await flushing(lab);
  });
  afterAll(async () => {
    await flusher?.stop();
    await lab?.[Symbol.asyncDispose]();
    await nats?.stop();
  });

  it("is refused aloud or put aside, and what comes after it is flushed", async () => {
    const agentId = await lab.agent();
    await lab.put(agentId, "large", "fits");
    const publish = lab.putRaw(stateSubject({ agentId, stateKey: "large" }), twoMegabytes);
    const outcome = await publish.then(
      () => "stored",
      (error: unknown) => (error as Error).message,
    );
    await lab.put(agentId, "after", 1);
    await flushed(lab);
    expect(await lab.rows(agentId)).toMatchObject({ large: { value: "fits" }, after: { value: 1 } });
    const parked = (await lab.deadLetters()).map(({ code, reason }) => `${code}: ${reason}`);
    if (maxPayload === undefined) {
      expect(outcome).toContain("max_payload");
      expect(parked).toEqual([]);
    } else {
      expect(outcome).toBe("stored");
      expect(parked).toEqual([`too-large: the value has ${twoMegabytes.length} bytes, more than 1048576`]);
    }
  });
});

describe("a write under a key of odd characters", () => {
  let lab: SyncLab;
  let flusher: Flusher;
  beforeAll(async () => {
    lab = await openSyncLab();
    flusher = await flushing(lab);
  });
  afterAll(async () => {
    await flusher?.stop();
    await lab?.[Symbol.asyncDispose]();
  });

  const parked = [
    "ünï",
    "\u{1F600}",
    "a%b",
    '"a"',
    "a'b;--",
    "a\\b",
    "=e9",
    "=ZZ",
    "=",
    "=61",
    "a*b",
    "a>b",
    "=FF",
    "=00",
    "\u0001",
    "k".repeat(256),
  ];
  const refused = ["a..b", "a.", ".a"];

  // What a subscriber would ask for; not every server refuses to store it.
  const wild = ["*", ">", "a.*", "a.>"];

  it("by a client that checks nothing is put aside, or stored by no server, and what comes after it is flushed", async () => {
    const agentId = await lab.agent();
    const subject = (spelling: string) => `${statePrefix}${agentId}.${spelling}`;
    for (const key of ["before", "a.before"]) await lab.put(agentId, key, 1);
    await publishBare(lab.nats.port, [...parked, ...wild, ...refused].map(subject));
    await lab.put(agentId, "after", 1);
    await flushed(lab);
    expect(Object.keys(await lab.rows(agentId))).toEqual(["a.before", "after", "before"]);
    const stored = await subjectsOf(lab, agentId);
    const letters = await lab.deadLetters();
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(["bad-key"]));
    expect(letters.map((letter) => letter.subject).toSorted()).toEqual(
      stored.filter((each) => !["before", "a.before", "after"].map(subject).includes(each)),
    );
    expect(stored).toEqual(expect.arrayContaining(parked.map(subject)));
    for (const each of refused) expect(stored).not.toContain(subject(each));
    expect(flusher.status()).toEqual({ state: "running", why: undefined });

    // What is left of them goes, and nothing else. A subject that looks like many stays: they would go with it.
    const { items } = await listDeadLetters(lab.database, { limit: 100 });
    await dropDeadLetters(
      lab.database,
      items.map(({ deadLetterId }) => deadLetterId),
    );
    const storedWild = stored.filter((each) => wild.map(subject).includes(each));
    const report = await verifyStores(lab, { settleMs: 20, patienceMs: 100, repair: true });
    expect(report).toMatchObject({ differences: letters.length, openDifferences: storedWild.length });
    expect(await subjectsOf(lab, agentId)).toEqual(
      [...storedWild, ...["after", "before", "a.before"].map(subject)].toSorted(),
    );
  });
});

async function subjectsOf({ link }: SyncLab, agentId: string): Promise<readonly string[]> {
  const { state } = await link.manager.streams.info(stateStream, {
    subjects_filter: `${statePrefix}${agentId}.>`,
  });
  return Object.keys(state.subjects ?? {}).toSorted();
}

async function flushing({ database, link }: SyncLab): Promise<Flusher> {
  const flusher = createFlusher({ database, link, maxDelayMs: 1 });
  await flusher.start();
  return flusher;
}

async function flushed({ database, link }: SyncLab): Promise<void> {
  const { state } = await link.manager.streams.info(stateStream);
  await expect.poll(async () => (await readPosition(database))?.sequence, patience).toBe(state.last_seq);
}

/** Publishes as the protocol has it, with nothing in between that would look at the subjects. */
async function publishBare(port: number, subjects: readonly string[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await once(socket, "connect");
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
  for (const subject of subjects) socket.write(`PUB ${subject} 1\r\n1\r\n`);
  socket.write("PING\r\n");
  await expect.poll(() => answer, patience).toContain("PONG");
  socket.end();
}
