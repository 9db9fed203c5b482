/** How a program is installed on each system. */
export interface InstallWays {
  readonly debian: string;
  readonly fedora: string;
  readonly macos: string;
}

/** One line that says how to install something on the systems that we know. */
export function installText({ debian, fedora, macos }: InstallWays): string {
  return `Debian, Ubuntu: ${debian} · Fedora: ${fedora} · macOS: ${macos}`;
}
