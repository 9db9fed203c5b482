import { readFile } from "node:fs/promises";

/** What an agent workload and a data warehouse ask, one statement each, without parameters. */
const files = ["agents.sql", "tpc-h.sql"] as const;

/** The statements of the corpus, in their order. */
export async function corpus(): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const texts = await Promise.all(files.map(async (file) => ({ file, whole: await read(file) })));
  return texts.flatMap(({ file, whole }) =>
    whole
      .split(/^;$/m)
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .map((text) => ({ file, text })),
  );
}

/** What the statements of the corpus need beside our schema. */
export async function corpusSetup(): Promise<string> {
  return `${await read("tpc-h-schema.sql")}\n${await read("agents-setup.sql")}`;
}

async function read(file: string): Promise<string> {
  return await readFile(new URL(file, import.meta.url), "utf8");
}
