import { access, readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { ConfigError } from "./config-error.ts";

/** A configuration file as it was read, before it is checked. */
export interface ConfigFile {
  readonly file: string;
  readonly content: unknown;
}

const names = ["smith.config.json", "smith.config.yaml", "smith.config.ts"];

/**
 * Reads the file that was named, or the one of the working directory; undefined when there is none.
 *
 * Throws a {@link ConfigError} when the named one is missing, two lie beside each other, or it does not parse.
 */
export async function readConfigFile(
  cwd: string,
  named: string | undefined,
): Promise<ConfigFile | undefined> {
  const file = named === undefined ? await findConfigFile(cwd) : resolve(cwd, named);
  if (file === undefined) return undefined;
  if (!(await exists(file))) {
    throw new ConfigError(`the configuration file ${file} does not exist`, {
      hint: "Give --config the path of a file that is there, or leave it out.",
    });
  }
  return { file, content: await parse(file) };
}

async function findConfigFile(cwd: string): Promise<string | undefined> {
  const candidates = await Promise.all(
    names.map(async (name) => ((await exists(join(cwd, name))) ? name : "")),
  );
  const found = candidates.filter((name) => name !== "");
  if (found.length > 1) {
    throw new ConfigError(`${found.join(" and ")} lie beside each other in ${cwd}`, {
      hint: "Keep one of them, or name the one you mean with --config.",
    });
  }
  return found[0] === undefined ? undefined : join(cwd, found[0]);
}

async function parse(file: string): Promise<unknown> {
  try {
    switch (extname(file)) {
      case ".json":
        return JSON.parse(await readFile(file, "utf8"));
      case ".yaml":
      case ".yml":
        // An empty YAML file is one without settings.
        return (await import("yaml")).parse(await readFile(file, "utf8")) ?? {};
      case ".ts":
      case ".js":
      case ".mjs":
        return await importDefault(file);
    }
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      hint: "Correct the file; `smith config --help` shows one of each kind.",
    });
  }
  throw new ConfigError(`${file} is of no kind that can be read`, {
    hint: "Use a name that ends in .json, .yaml or .ts.",
  });
}

// Node.js itself would take the file for CommonJS in a project that says so, and refuse its `import`.
async function importDefault(file: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  return await createJiti(import.meta.url, { fsCache: false }).import(file, { default: true });
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
