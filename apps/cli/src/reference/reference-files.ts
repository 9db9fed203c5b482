import { registry } from "../command/registry.ts";
import { commandPage, pageName } from "./command-page.ts";
import { configurationPage } from "./configuration-page.ts";
import { exitCodesPage } from "./exit-codes-page.ts";
import { overviewPage } from "./overview-page.ts";

/** The folder of the reference pages, below the repository's root. */
export const referenceFolder = "docs/reference/cli";

/** Every generated page: its path below the repository's root, and its content. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  const visible = registry.filter(({ hidden }) => hidden !== true);
  const pages = await Promise.all(
    visible.map(async (entry) => {
      const { default: command } = await entry.load();
      return [`${referenceFolder}/${pageName(entry)}`, commandPage(entry, command)] as const;
    }),
  );
  return new Map([
    ...pages,
    [`${referenceFolder}/README.md`, overviewPage()],
    ["docs/exit-codes.md", exitCodesPage()],
    ["docs/configuration.md", configurationPage()],
  ]);
}
