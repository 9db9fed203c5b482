import { z } from "zod";

/** A column: what a program reads from it, and what the catalogue says about it. */
export interface Column<Value extends z.ZodType = z.ZodType> {
  /** Parses what a driver returns. */
  readonly value: Value;
  /** The type as `format_type` prints it with every name qualified; several where it depends on the server. */
  readonly types: readonly string[];
  /** Whether it may hold NULL. Of a view's column the catalogue does not say; here it does. */
  readonly nullable: boolean;
}

/** A column that is never NULL. */
export function column<Value extends z.ZodType>(
  value: Value,
  ...types: readonly [string, ...string[]]
): Column<Value> {
  return { value, types, nullable: false };
}

/** The same column where it may hold NULL. */
export function nullable<Value extends z.ZodType>(of: Column<Value>): Column<z.ZodNullable<Value>> {
  return { value: z.nullable(of.value), types: of.types, nullable: true };
}

/** A text column that a CHECK of the database holds to a few values. */
export function choice<const Label extends string>(
  of: Column<z.ZodString>,
  labels: readonly [Label, ...Label[]],
): Column<z.ZodEnum<{ [K in Label]: K }>> {
  return { value: z.enum(labels), types: of.types, nullable: false };
}
