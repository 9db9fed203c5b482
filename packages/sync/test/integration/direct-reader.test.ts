import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectNats, type NatsLink } from "../../src/index.ts";
import { directReader } from "../../src/store/direct-reader.ts";

let nats: EmbeddedNats;
let link: NatsLink;

beforeAll(async () => {
  nats = await startNats();
  link = await connectNats({ servers: nats.url });
  await link.manager.streams.add({ name: "READ", subjects: ["read.>"], allow_direct: true });
});
afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

describe("messages that are read by their numbers", () => {
  it("are told apart, a thousand at once, and where there is none nothing is told", async () => {
    const reader = directReader(link, "READ");
    for (let at = 1; at <= 50; at += 1) await link.js.publish("read.x", "v", { msgID: `m${at}` });
    await link.manager.streams.deleteMessage("READ", 7);
    const numbers = Array.from({ length: 1_000 }, (_, at) => (at % 60) + 1);
    const found = await Promise.all(numbers.map((number) => reader.read(number)));
    for (const [at, number] of numbers.entries()) {
      const there = number <= 50 && number !== 7;
      expect(found[at]?.sequence).toBe(there ? number : undefined);
      expect(found[at]?.headers.get("Nats-Msg-Id")).toBe(there ? `m${number}` : undefined);
    }
    const [first] = found;
    const stored = await link.manager.streams.getMessage("READ", { seq: 1 });
    expect(first?.storedAtMs).toBe(stored?.time.getTime());
    reader.close();
    await expect(reader.read(1)).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("are not told where the stream does not answer so", async () => {
    await link.manager.streams.add({ name: "SILENT", subjects: ["silent.>"], allow_direct: false });
    await link.js.publish("silent.x", "v");
    const reader = directReader({ ...link, timeoutMs: 300 }, "SILENT");
    expect(await reader.read(1)).toBeUndefined();
    reader.close();
  });

  it("are not told while nobody answers, and fail when the reader is closed", async () => {
    const reader = directReader({ ...link, timeoutMs: 300 }, "READ");
    await nats.kill();
    expect(await reader.read(1)).toBeUndefined();
    const closed = reader.read(1);
    reader.close();
    reader.close();
    await expect(closed).rejects.toMatchObject({ code: "CLOSED" });
    await nats.start();
  });
});
