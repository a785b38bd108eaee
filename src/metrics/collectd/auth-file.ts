/** A file of users that can be read, and the numbers of the lines that cannot. */
export interface AuthFile {
  readonly passwords: ReadonlyMap<string, string>;
  readonly badLines: readonly number[];
}

/** Reads collectd's AuthFile: `user: password` a line. Blanks around both do not count, nor do lines that begin with `#`. A user's last line counts. */
export function parseAuthFile(text: string): AuthFile {
  const passwords = new Map<string, string>();
  const badLines: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const colon = trimmed.indexOf(':');
    const [user, password] = [trimmed.slice(0, Math.max(colon, 0)).trim(), trimmed.slice(colon + 1).trim()];
    if (user === '' || password === '') badLines.push(index + 1);
    else passwords.set(user, password);
  }
  return { passwords, badLines };
}
