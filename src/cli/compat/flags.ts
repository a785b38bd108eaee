/**
 * Reads flags as the CloudWatch agent's helpers do (Go's flag package): `-name value`, `--name value`, `-name=value`, until a word that is none.
 * Null for a flag that is not among `known`, or lacks its value. Pure.
 * @param switches flags without a value of their own
 */
export function parseGoFlags(args: readonly string[], known: readonly string[], switches: readonly string[] = []): Readonly<Record<string, string>> | null {
  const found: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [, name, given] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(args[at]!) ?? [];
    if (name === undefined) break;
    if (switches.includes(name)) { found[name] = given ?? 'true'; continue; }
    const value = given ?? args[++at];
    if (!known.includes(name) || value === undefined) return null;
    found[name] = value;
  }
  return found;
}
