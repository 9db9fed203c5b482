import { z } from "zod";
import type { CursorKind } from "../page/cursor.ts";
import { type PageOptions, pageOptions } from "../page/page.ts";
import { anyText } from "../text/text-input.ts";

/** Keys of one agent. */
export interface StateScope {
  readonly agentId: string;
  /** Only keys that begin with this text. Default: all. */
  readonly prefix?: string | undefined;
}

/** Which part of the keys of one agent to list. */
export interface ListStateInput extends StateScope, PageOptions {}

const scope = { agentId: z.guid(), prefix: anyText.default("") };

/** The zod schema of {@link StateScope}. */
export const stateScope = z.strictObject(scope);

/** The zod schema of {@link ListStateInput}. */
export const listStateInput = z.strictObject({ ...scope, ...pageOptions });

/** Keys in their order. */
export const keysInOrder: CursorKind<[string]> = { list: "state", position: z.tuple([z.string()]) };
