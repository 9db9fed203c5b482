import { embeddingDimensions } from "@mister-smith/schema";
import { z } from "zod";

/**
 * The least and the greatest length of a vector, the square root of the sum of its squares. pgvector adds up in 32-bit
 * floating point: beyond these the sums of two vectors get lost in what is too small or too large for it, and with them
 * their distance.
 */
const shortest = 1e-15;
const longest = 1e15;

/** The numbers of an embedding. */
export type Vector = readonly number[] | Float32Array;

/**
 * An embedding as the database takes it: as many finite numbers as it has dimensions, not all zero, of a length between
 * {@link shortest} and {@link longest}. Comes out as the text of an array, `{1,2,3}`.
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
  const message = lengthFault(Math.sqrt(squares));
  return message === undefined ? undefined : { message, path: [] };
}

function lengthFault(length: number): string | undefined {
  if (length === 0) return "all numbers are zero, which is no direction";
  if (length >= shortest && length <= longest) return undefined;
  const given = `the length of the vector is ${length.toExponential(1)}, where ${shortest} to ${longest.toExponential()} can be compared`;
  return `${given}: multiply its numbers, only its direction counts`;
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
