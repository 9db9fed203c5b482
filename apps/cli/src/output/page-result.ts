import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { plainJson } from "./plain-json.ts";

/** A page of a list, and how it is shown. */
export interface PageResult<Item> {
  /** What the list is called in the document: `agents`. */
  readonly name: string;
  readonly items: readonly Item[];
  /** Null or left out where nothing follows. */
  readonly nextCursor?: string | null;
  /** The lines of the table; asked for only when there is something to show. */
  readonly lines: (items: readonly Item[]) => readonly string[];
  /** The sentence for a list without items. */
  readonly empty: string;
}

/** The result of a command that lists: a table, the sentence that there is nothing, the cursor of the next page. */
export function pageResult<Item>(context: Context, page: PageResult<Item>): CommandResult {
  const { name, items, nextCursor = null, empty } = page;
  const data = plainJson({ [name]: items, nextCursor });
  if (items.length === 0) {
    context.note(empty);
    return { data, text: "" };
  }
  const more = nextCursor === null ? [] : ["", `more follow: add --cursor ${nextCursor}`];
  return { data, text: [...page.lines(items), ...more].join("\n") };
}

/** The same for what always comes whole. */
export function listResult<Item>(
  context: Context,
  list: Omit<PageResult<Item>, "nextCursor">,
): CommandResult {
  const { name, items, lines, empty } = list;
  if (items.length === 0) context.note(empty);
  return { data: plainJson({ [name]: items }), text: items.length === 0 ? "" : lines(items).join("\n") };
}
