import { complete } from "./complete.ts";

/** What `smith __complete -- WORDS…` prints: a candidate a line, then what else the shell shall offer. */
export async function answerShell(words: readonly string[]): Promise<string> {
  const { values, also } = await complete(words);
  const lines = values.map(({ value, about }) => `${value}\t${firstSentence(about)}`);
  return [...lines, `:${also}`, ""].join("\n");
}

function firstSentence(text: string): string {
  return (text.split(/[;.]\s/)[0] ?? "").replace(/\s+/g, " ");
}
