import { expect, it } from "vitest";
import { natsConfigText } from "./nats-config.ts";

const base = { serverName: "n", port: 1, monitoringPort: 2, storeDir: "/s", cluster: undefined } as const;

it("puts the caller's settings below our own, and joins those of JetStream", () => {
  const text = natsConfigText({
    ...base,
    syncInterval: "always",
    settings: { max_payload: 10, listen: "0.0.0.0:9", jetstream: { max_mem: 5, store_dir: "/elsewhere" } },
  });
  expect(JSON.parse(text)).toEqual({
    max_payload: 10,
    server_name: "n",
    listen: "127.0.0.1:1",
    http: "127.0.0.1:2",
    jetstream: { max_mem: 5, store_dir: "/s", sync_interval: "always" },
  });
});

it("leaves sync_interval out for a server that does not know it", () => {
  const text = natsConfigText({ ...base, syncInterval: "server-default", settings: {} });
  expect(text).not.toContain("sync_interval");
});
