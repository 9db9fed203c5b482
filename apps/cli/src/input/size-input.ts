import { z } from "zod";

const units = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const written = /^(\d{1,9})(MB|GB|TB)$/;

/** A size as people write it, in bytes: `512MB`, `16GB`. */
export const sizeInput = z.string().transform((text, context) => {
  const [, number, unit] = written.exec(text) ?? [];
  if (number !== undefined && (unit === "MB" || unit === "GB" || unit === "TB") && Number(number) > 0)
    return Number(number) * units[unit];
  context.issues.push({
    code: "custom",
    message: "expected a size such as 512MB, 16GB or 1TB",
    input: text,
  });
  return z.NEVER;
});
