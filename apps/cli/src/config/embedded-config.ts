import { z } from "zod";

const port = z.int().min(1).max(65_535).optional();

/** The servers that `smith up` runs. */
export const embeddedConfig = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default(".smith")
    .describe("Where the servers keep their data, relative to the working directory."),
  postgresPort: port.describe("The port of PostgreSQL. Default: a free one, kept from then on."),
  natsPort: port.describe("The port of NATS. Default: a free one, kept from then on."),
});
