import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { findNats, startNats, startNatsCluster } from "@mister-smith/embedded";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { eventually } from "./support/eventually.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

const stream = { name: "S", subjects: ["s.>"] };

/** Makes the stream unless it is there, and publishes; resolves when JetStream has acknowledged. */
async function publish(servers: string | string[], text: string, replicas = 1): Promise<void> {
  const connection = await connect({ servers });
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ ...stream, num_replicas: replicas });
    await jetstream(connection).publish("s.a", text, { msgID: text });
  } finally {
    await connection.close();
  }
}

/** While leaders are elected anew, requests go unanswered; the message id makes a repeat harmless. */
function publishEventually(servers: string[], text: string): Promise<void> {
  return eventually(`"${text}" is stored`, () =>
    publish(servers, text, 3).then(
      () => true,
      () => false,
    ),
  );
}

async function stored(servers: string | string[]): Promise<string[]> {
  const connection = await connect({ servers });
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info("S");
    const texts: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage("S", { seq });
      if (message !== null) texts.push(message.string());
    }
    return texts;
  } finally {
    await connection.close();
  }
}

describe("a nats-server", () => {
  it("has JetStream at once, keeps what it acknowledged over stop and crash, and starts again on its folder", async () => {
    await using scratch = await scratchFolder();
    const storeDir = join(scratch.path, "nats");
    const first = await startNats({ storeDir });
    await publish(first.url, "one");
    await first.kill();
    await first.start();
    await publish(first.url, "two");
    await first.stop();
    await using second = await startNats({ storeDir });
    expect(await stored(second.url)).toEqual(["one", "two"]);
  });

  it("removes temporary data at stop", async () => {
    const nats = await startNats();
    expect(existsSync(nats.storeDir)).toBe(true);
    await nats.stop();
    expect(existsSync(nats.storeDir)).toBe(false);
    await expect(nats.start()).rejects.toMatchObject({ code: "TEMPORARY_DATA_REMOVED" });
  });

  it("is refused a folder on which another one lives, with its process and port", async () => {
    await using first = await startNats();
    await expect(startNats({ storeDir: first.storeDir })).rejects.toMatchObject({
      code: "DATA_FOLDER_IN_USE",
      details: { pid: first.pid, port: first.port },
    });
  });

  it("is refused a port that is taken, by its number", async () => {
    await using listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    const port = typeof address === "object" ? address?.port : undefined;
    await expect(startNats({ port })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: expect.stringContaining(String(port)),
    });
  });

  it("quotes the server's own last words when it does not start", async () => {
    await expect(startNats({ settings: { no_such_key: 1 } })).rejects.toMatchObject({
      code: "SERVER_NOT_STARTED",
      message: expect.stringContaining("no_such_key"),
    });
  });

  it("syncs before each acknowledgement where the server can, and refuses the promise where it cannot", async () => {
    const [, minor = 0] = (await findNats()).version.full.split(".").map(Number);
    await using nats = await startNats();
    expect(nats.syncInterval).toBe(minor >= 10 ? "always" : "server-default");
    if (minor >= 10) return;
    await expect(startNats({ syncInterval: "always" })).rejects.toMatchObject({
      code: "NATS_FEATURE_MISSING",
    });
  });
});

describe("a cluster of three nats-servers", () => {
  it("replicates to all of them, works on while one is down, and is whole again after its return", async () => {
    await using cluster = await startNatsCluster();
    await publish([...cluster.urls], "one", 3);
    const [first, second, third] = cluster.nodes;
    await second?.kill();
    await publishEventually([first?.url ?? "", third?.url ?? ""], "two");
    await second?.start();
    await cluster.whole();
    await publishEventually([second?.url ?? ""], "three");
    expect(await stored(second?.url ?? "")).toEqual(["one", "two", "three"]);
    await cluster.stop();
    expect(cluster.nodes.map((node) => node.pid)).toEqual([0, 0, 0]);
    expect(cluster.nodes.some((node) => existsSync(node.storeDir))).toBe(false);
  });

  it("is refused a size without a majority to rely on", async () => {
    await expect(startNatsCluster({ size: 2 })).rejects.toMatchObject({ code: "BAD_CLUSTER_SIZE" });
  });
});
