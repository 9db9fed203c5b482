import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

const port = wholeNumber(1, 65_535).optional();

/** The servers that `smith up` runs. */
export const embeddedConfig = z.strictObject({
  folder: z
    .string("the path of a folder")
    .min(1, "the path of a folder")
    .default(".smith")
    .describe("Where the servers keep their data, relative to the working directory."),
  postgresPort: port.describe("The port of PostgreSQL. Default: a free one, kept from then on."),
  natsPort: port.describe("The port of NATS. Default: a free one, kept from then on."),
});
