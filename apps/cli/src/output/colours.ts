import picocolors from "picocolors";

/** Functions that paint text, or leave it alone where colours are not wanted. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** What decides whether colours are wanted. */
export interface ColourWish {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** `--color` or `--no-color`; undefined when neither was given. */
  readonly flag?: boolean | undefined;
}

/** Colours for one stream: the flag decides, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal. */
export function coloursFor(wish: ColourWish): Colours {
  return picocolors.createColors(wantsColours(wish));
}

function wantsColours({ env, isTerminal, flag }: ColourWish): boolean {
  if (flag !== undefined) return flag;
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}
