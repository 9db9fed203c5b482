import type { JsonInput } from "@mister-smith/client";
import { expectTypeOf, it } from "vitest";
import type { JsonCompatible } from "./json-compatible.ts";

interface Plan {
  readonly steps: readonly { readonly text: string; readonly note?: string }[];
}
interface Tree {
  name: string;
  children: Tree[];
}

it("a type that is JSON stays as it is, also an interface that names itself", () => {
  expectTypeOf<Plan>().toExtend<JsonCompatible<Plan>>();
  expectTypeOf<Tree>().toExtend<JsonCompatible<Tree>>();
  expectTypeOf<JsonCompatible<JsonInput>>().toEqualTypeOf<JsonInput>();
  expectTypeOf<JsonCompatible<"a" | 1 | null>>().toEqualTypeOf<"a" | 1 | null>();
  expectTypeOf<JsonCompatible<readonly [1, { a: true }]>>().toEqualTypeOf<readonly [1, { a: true }]>();
});

it("a type that is no JSON is not assignable to what becomes of it", () => {
  expectTypeOf<Date>().not.toExtend<JsonCompatible<Date>>();
  expectTypeOf<{ at: Date }>().not.toExtend<JsonCompatible<{ at: Date }>>();
  expectTypeOf<{ a: string | undefined }>().not.toExtend<JsonCompatible<{ a: string | undefined }>>();
  expectTypeOf<Map<string, string>>().not.toExtend<JsonCompatible<Map<string, string>>>();
  expectTypeOf<JsonCompatible<bigint | (() => void) | symbol | undefined>>().toBeNever();
  expectTypeOf<JsonCompatible<unknown>>().toBeNever();
});
