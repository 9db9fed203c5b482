import { describe, expect, it } from "vitest";
import { safeText, shortText } from "./safe-text.ts";

describe("text of the database on a terminal", () => {
  it("cannot move the cursor, paint, or turn the direction of writing", () => {
    expect(safeText("a\u001b[2Jb\u009bc\rd\u202ee")).toBe("a\\u001b[2Jb\\u009bc\\u000dd\\u202ee");
    expect(safeText("naïve 漢字 🙂")).toBe("naïve 漢字 🙂");
  });

  it("is cut to its column, on one line", () => {
    expect(shortText("one\n two\tthree", 20)).toBe("one two three");
    expect(shortText("abcdefghij", 10)).toBe("abcdefghij");
    expect(shortText("abcdefghijk", 10)).toBe("abcdefghi…");
    expect(shortText("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
    expect([...shortText("\u001b".repeat(9), 10)]).toHaveLength(10);
  });
});
