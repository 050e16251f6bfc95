/** What one process does. All of it by default; split, as many of each as there is work for. */
export const STREAM_ROLES = ['gateway', 'capture', 'project', 'deliver'] as const;

export type StreamRole = (typeof STREAM_ROLES)[number];

/**
 * @param texts as given with `--role`, each one or several separated by commas; none: every role
 * @param faults gathers what is no role
 */
export function readRoles(texts: readonly string[], faults: string[]): ReadonlySet<StreamRole> {
  const named = texts.flatMap((text) => text.split(',')).map((text) => text.trim());
  const roles = named.flatMap((name) => STREAM_ROLES.filter((role) => role === name));
  for (const name of named) {
    if (!STREAM_ROLES.some((role) => role === name)) {
      faults.push(`--role ${name}: expected one of ${STREAM_ROLES.join(', ')}`);
    }
  }
  return new Set(named.length === 0 ? STREAM_ROLES : roles);
}
