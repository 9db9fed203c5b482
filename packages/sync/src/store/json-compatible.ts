import type { JsonInput } from "@mister-smith/client";

/**
 * The type itself where its values are JSON, as `JsonInput` is, but also an interface, which that cannot name; else one
 * that it is not assignable to. Functions, methods, and so Dates, Maps and other classes with any; bigint, symbols and
 * `undefined` are no JSON. A property may be optional. A class of fields alone looks like an interface to the compiler.
 */
export type JsonCompatible<Value> = Value extends JsonInput
  ? Value
  : Value extends AnyFunction | bigint | symbol | undefined
    ? never
    : Value extends object
      ? { [Key in keyof Value]: Key extends symbol ? never : JsonCompatible<Value[Key]> }
      : never;

type AnyFunction = ((...args: never) => unknown) | (abstract new (...args: never) => unknown);
