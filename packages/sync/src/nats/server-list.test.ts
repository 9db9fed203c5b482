import { describe, expect, it } from "vitest";
import { serverList } from "./server-list.ts";

const refused = { name: "SyncError", code: "INVALID_INPUT", hint: expect.any(String) };
const refusalOf = (urls: readonly string[]): unknown => {
  try {
    return serverList(urls);
  } catch (error) {
    return error;
  }
};

describe("the URLs of nats-server", () => {
  it.each([
    [["nats://a:4222", " b ", ""], ["nats://a:4222", "nats://b"], {}],
    [["tls://[::1]:4223"], ["tls://[::1]:4223"], {}],
    [["nats://u:p@a:1", "nats://u:p@b:2"], ["nats://a:1", "nats://b:2"], { user: "u", pass: "p" }],
    [["a:1", "t%40ken@b:2"], ["nats://a:1", "nats://b:2"], { token: "t@ken" }],
    [["nats://:p%2F@a"], ["nats://a"], { user: "", pass: "p/" }],
  ])("%j are %j", (urls, servers, credentials) => {
    expect(serverList(urls)).toEqual({ servers, credentials });
  });

  it.each([
    [["nats://u:s3cret@a:none"]],
    [["nats://u:s3cret%@a"]],
    [["nats://u:s3cret@a", "nats://u:s3crets@b"]],
  ])("are refused without telling the password: case %#", (urls) => {
    const failure = refusalOf(urls);
    expect(failure).toMatchObject(refused);
    expect(String(failure)).not.toContain("s3cret");
  });

  it.each([[[]], [[""]], [["nats://"]]])("are not %j", (urls) => {
    expect(refusalOf(urls)).toMatchObject(refused);
  });
});
