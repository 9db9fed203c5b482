import { describe, expect, it } from "vitest";
import { settingArguments } from "./server-settings.ts";

describe("the settings of a server", () => {
  it("keep it to this machine's TCP unless told otherwise", () => {
    expect(settingArguments({}, 5433)).toEqual([
      ...["-c", "listen_addresses=127.0.0.1"],
      ...["-c", "unix_socket_directories="],
      ...["-c", "port=5433"],
    ]);
  });

  it("let the caller's values win over those of the profile, but for the port", () => {
    const args = settingArguments(
      { durability: "fast", settings: { fsync: true, port: 1, listen_addresses: "*" } },
      2,
    );
    expect(args).toContain("fsync=on");
    expect(args).toContain("full_page_writes=off");
    expect(args).toContain("listen_addresses=*");
    expect(args).toContain("port=2");
  });

  it("quote the archive folder for the shell and for PostgreSQL", () => {
    const command = settingArguments({ walArchiving: { folder: "/a b/it's 100%" } }, 1).find((arg) =>
      arg.startsWith("archive_command="),
    );
    expect(command).toContain(`cp %p '/a b/it'\\''s 100%%'/.%f.part`);
  });

  it.each(["a b", "a=b", "", "-c"])("refuse the name %j", (name) => {
    expect(() => settingArguments({ settings: { [name]: 1 } }, 1)).toThrow(
      expect.objectContaining({ code: "BAD_SETTING" }),
    );
  });
});
