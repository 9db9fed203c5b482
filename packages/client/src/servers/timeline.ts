/** The timeline that a WAL file belongs to: the first eight hexadecimal digits of its name. */
export function timelineOf(walFile: string): number | undefined {
  return /^[0-9A-F]{24}$/.test(walFile) ? Number.parseInt(walFile.slice(0, 8), 16) : undefined;
}
