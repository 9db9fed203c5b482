// The options alone: a program that reads its configuration need not load the client for that.
export { type DatabaseOptions, databaseOptions } from "./config/database-options.ts";
