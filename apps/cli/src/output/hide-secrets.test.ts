import { describe, expect, it } from "vitest";
import { hideSecrets } from "./hide-secrets.ts";

describe("hiding secrets", () => {
  it.each([
    ["postgres://smith:s3cret@db:5432/app", "postgres://smith:***@db:5432/app"],
    ["postgres://smith:p@ss:w0rd@db/app?sslmode=require", "postgres://smith:***@db/app?sslmode=require"],
    ["postgres://db/app?user=a&password=s3cret&x=1", "postgres://db/app?user=a&password=***&x=1"],
    ["nats://s3cret@nats:4222", "nats://***@nats:4222"],
    ["nats://u:s3cret@nats:4222", "nats://u:***@nats:4222"],
    ['{"a":"nats://u:s3@h","b":"x@y"}', '{"a":"nats://u:***@h","b":"x@y"}'],
    ["two: postgres://a:1@h and nats://b:2@h", "two: postgres://a:***@h and nats://b:***@h"],
  ])("hides what is secret in %s", (text, expected) => {
    expect(hideSecrets(text)).toBe(expected);
  });

  it.each(["postgres://smith@db:5432/app", "nats://nats:4222", "mail me@example.org", "no URL at all"])(
    "leaves %s alone",
    (text) => {
      expect(hideSecrets(text)).toBe(text);
    },
  );
});
