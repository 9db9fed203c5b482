import { SmithError } from "@mister-smith/errors";

/** Where in a file something is wrong. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column?: number;
  /** Where inside the JSON value, such as `trajectory[3].state`. */
  readonly path?: string;
}

/** A recorded run cannot be read as what it claims to be. It is refused as a whole, before anything is written. */
export class DamagedRunError extends SmithError<"RUN_DAMAGED"> {
  override readonly name = "DamagedRunError";

  constructor(file: string, place: Place | undefined, reason: string) {
    super("RUN_DAMAGED", [file, ...placeWords(place)].join(", ").concat(`: ${reason}`), {
      hint: "Nothing was written. Mend the file or leave it out; docs/replay-format.md describes what is read.",
      details: { file, reason, ...place },
    });
  }
}

function placeWords(place: Place | undefined): string[] {
  if (place === undefined) return [];
  const words = [`line ${place.line}`];
  if (place.column !== undefined) words.push(`column ${place.column}`);
  if (place.path !== undefined && place.path !== "") words.push(place.path);
  return words;
}
