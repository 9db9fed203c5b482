import { z } from "zod";

const aFolder = "the path of a folder";
const aPort = "a whole number from 1 to 65535";
const port = z.int(aPort).min(1, aPort).max(65_535, aPort).optional();

/** The configuration of the system that `startSystem` runs, for applications that compose their own of the packages'. */
export const embeddedConfig = z.strictObject({
  folder: z
    .string(aFolder)
    .min(1, aFolder)
    .default(".smith")
    .describe("Where the servers keep their data, relative to the working directory."),
  postgresPort: port.describe("The port of PostgreSQL. Default: a free one, kept from then on."),
  natsPort: port.describe("The port of NATS. Default: a free one, kept from then on."),
});
