import { embeddingDimensions } from "@mister-smith/schema";
import { z } from "zod";

/** The numbers of an embedding. */
export type Vector = readonly number[] | Float32Array;

/**
 * An embedding as the database takes it: as many finite numbers as it has dimensions, in the range of 32-bit floating
 * point, not all zero. Comes out as the text of an array, `{1,2,3}`.
 */
export const vectorInput = z.unknown().transform((value, context): string => {
  const fault = faultOf(value);
  if (fault === undefined) return `{${Array.from(value as Vector, float).join(",")}}`; // as was just checked
  context.issues.push({ code: "custom", message: fault.message, path: fault.path, input: value });
  return z.NEVER;
});

interface Fault {
  readonly message: string;
  readonly path: number[];
}

function faultOf(value: unknown): Fault | undefined {
  if (!Array.isArray(value) && !(value instanceof Float32Array)) {
    return { message: "not an array of numbers", path: [] };
  }
  if (value.length !== embeddingDimensions) {
    return { message: `${value.length} numbers given, ${embeddingDimensions} are needed`, path: [] };
  }
  let squares = 0;
  for (let position = 0; position < value.length; position++) {
    const number: unknown = value[position];
    const message = numberFault(number);
    if (message !== undefined) return { message, path: [position] };
    squares += float(Number(number)) ** 2;
  }
  return squares > 0 ? undefined : { message: "all numbers are zero, which is no direction", path: [] };
}

function numberFault(number: unknown): string | undefined {
  if (typeof number !== "number") return `${number === null ? "null" : typeof number} is not a number`;
  if (!Number.isFinite(number)) return `${number} is not a finite number`;
  if (!Number.isFinite(Math.fround(number))) return `${number} is too large for 32-bit floating point`;
  return undefined;
}

/** The smallest 32-bit number that has all its digits. */
const smallest = 2 ** -126;

// The server refuses, rather than rounds, what is too small; rounding the others here would make their text longer.
function float(number: number): number {
  return Math.abs(number) < smallest ? Math.fround(number) : number;
}
