import { describe, expect, it } from "vitest";
import { settings } from "./settings.ts";
import { shownValue } from "./shown-value.ts";

const shown = (path: string, value: unknown) => {
  const setting = settings.find((one) => one.path === path);
  return setting === undefined ? "no such setting" : shownValue(setting, value);
};

describe("a setting as it may be shown", () => {
  it("keeps what is no secret, and nothing where nothing is", () => {
    expect(shown("database.replica.addresses", ["a:1"])).toEqual(["a:1"]);
    expect(shown("database.connectTimeoutMs", 7)).toBe(7);
    expect(shown("database.replica.password", undefined)).toBeUndefined();
  });

  it("hides the password of a URL and leaves the rest", () => {
    expect(shown("database.replica.url", "postgres://me:s3cret@db/x")).toBe("postgres://me:***@db/x");
  });

  it("hides passwords, functions that give them, and keys inside of TLS options", () => {
    expect(shown("database.replica.password", "s3cret")).toBe("***");
    expect(shown("database.analytics.password", () => "s3cret")).toBe("***");
    expect(shown("daemon.token", "s3cret-s3cret-s3cret")).toBe("***");
    expect(shown("database.replica.ssl", { key: "s3cret", passphrase: "s3cret", servername: "db" })).toEqual({
      key: "***",
      passphrase: "***",
      servername: "db",
    });
  });
});
