import { resolve } from "node:path";
import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import type { Context } from "../context.ts";

/** The option that says where the embedded system lives. */
export const systemFolderOption: OptionSpec = {
  flags: "--folder <folder>",
  description: "the folder of the embedded system; default: embedded.folder, which is .smith",
  complete: "folder",
};

/** The same for the command's input schema. */
export const systemFolderInput = { folder: z.string().min(1, "expected the path of a folder").optional() };

/** Where the embedded system lives: the flag's folder, or the configuration's. */
export async function systemFolder(
  context: Context,
  { folder }: { readonly folder?: string | undefined },
): Promise<string> {
  return resolve(context.cwd, folder ?? (await context.config()).values.embedded.folder);
}
