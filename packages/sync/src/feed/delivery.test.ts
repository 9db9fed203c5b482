import { describe, expect, it } from "vitest";
import { readDelivery } from "./delivery.ts";

describe("where a message was delivered from", () => {
  it.each([
    ["$JS.ACK.KV_AGENT_STATE.name.1.42.7.1700000000123999999.3", "of servers without domains"],
    ["$JS.ACK._.hash.KV_AGENT_STATE.name.1.42.7.1700000000123999999.3.token", "of a later form"],
    ["$JS.ACK.hub.hash.KV_AGENT_STATE.name.1.42.7.1700000000123999999.3", "of a domain"],
  ])("is read from %s, %s", (reply) => {
    expect(readDelivery(reply)).toEqual({
      streamSequence: 42,
      consumerSequence: 7,
      storedAtMs: 1_700_000_000_123,
      pending: 3,
    });
  });

  it.each([undefined, "", "_INBOX.a.b.c.d.e.f.g.h", "$JS.ACK.too.short"])("is not in %s", (reply) => {
    expect(readDelivery(reply)).toBeUndefined();
  });
});
