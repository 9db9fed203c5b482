import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { eventHub } from "./event-hub.ts";

interface Events {
  readonly said: { readonly word: string };
  readonly other: number;
}

describe("a hub of events", () => {
  it("tells everyone who listens to that kind, until they stop", () => {
    const hub = eventHub<Events>();
    const heard: string[] = [];
    const stop = hub.on("said", ({ word }) => heard.push(`first ${word}`));
    hub.on("said", ({ word }) => heard.push(`second ${word}`));
    hub.emit("said", { word: "a" });
    stop();
    hub.emit("said", { word: "b" });
    hub.emit("other", 1);
    expect(heard).toEqual(["first a", "second a", "second b"]);
  });

  it("knows whether anybody listens", () => {
    const hub = eventHub<Events>();
    const stop = hub.on("said", () => {});
    expect([hub.heard("said"), hub.heard("other")]).toEqual([true, false]);
    stop();
    expect(hub.heard("said")).toBe(false);
  });

  it("turns what a listener throws into a warning, and goes on", async () => {
    const hub = eventHub<Events>();
    const heard: string[] = [];
    hub.on("said", () => {
      throw new Error("no ears");
    });
    hub.on("said", ({ word }) => heard.push(word));
    const warned = once(process, "warning");
    hub.emit("said", { word: "a" });
    const [warning] = await warned;
    expect(heard).toEqual(["a"]);
    expect(String(warning)).toContain("no ears");
  });

  it("also where what it throws cannot be made into text", async () => {
    const hub = eventHub<Events>();
    hub.on("said", () => {
      throw Object.create(null);
    });
    const warned = once(process, "warning");
    hub.emit("said", { word: "a" });
    expect(String((await warned)[0])).toContain("something that cannot be shown");
  });
});
