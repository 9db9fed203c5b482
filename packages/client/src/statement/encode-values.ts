import { ClientError } from "../errors/client-error.ts";

/** A parameter as it goes over the wire: text, bytes, or NULL. */
export type WireValue = string | Buffer | null;

/**
 * Parameters as PostgreSQL reads them.
 *
 * @throws ClientError `INVALID_INPUT` naming the parameter, for text with a NUL character, which PostgreSQL cannot
 *   store, for values that are no parameter, and for more of them than a statement can have
 */
export function encodeValues(values: readonly unknown[]): WireValue[] {
  if (values.length > mostParameters) throw tooMany(values.length);
  const encoded = new Array<WireValue>(values.length);
  for (let index = 0; index < values.length; index += 1) encoded[index] = encode(values[index], index);
  return encoded;
}

/** The protocol counts them in two bytes. */
const mostParameters = 65_535;

function tooMany(count: number): ClientError {
  return new ClientError(
    "INVALID_INPUT",
    `the statement has ${count} parameters, and PostgreSQL takes at most ${mostParameters}`,
    {
      hint: "Give many values as one parameter with sql.array and unnest, or several statements.",
      details: { parameters: count, most: mostParameters },
    },
  );
}

function encode(value: unknown, index: number): WireValue {
  if (value === null) return null;
  if (typeof value === "string") return withoutNul(value, index);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return arrayLiteral(value, index);
  throw new ClientError(
    "INVALID_INPUT",
    `parameter $${index + 1} is ${nameOf(value)}, which is no parameter`,
    {
      hint: "Give text, a number, a boolean, a bigint, null, or one of the makers of values: sql.json, sql.timestamp, sql.array, sql.binary …",
      details: { parameter: index + 1 },
    },
  );
}

function arrayLiteral(items: readonly unknown[], index: number): string {
  let text = "{";
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) text += ",";
    const item = items[at];
    if (item === null || item === undefined) text += "NULL";
    else if (Array.isArray(item)) text += arrayLiteral(item, index);
    else if (Buffer.isBuffer(item)) text += `"\\\\x${item.toString("hex")}"`;
    else text += quoted(String(encode(item, index)));
  }
  return `${text}}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function withoutNul(text: string, index: number): string {
  const at = text.indexOf("\u0000");
  if (at === -1) return text;
  throw new ClientError(
    "INVALID_INPUT",
    `parameter $${index + 1} has a NUL character at position ${at}, which PostgreSQL cannot store in text`,
    {
      hint: "Remove the character, or store the value as BYTEA with sql.binary.",
      details: { parameter: index + 1, position: at },
    },
  );
}

function nameOf(value: unknown): string {
  return value === undefined ? "undefined" : `a value of type ${typeof value}`;
}
