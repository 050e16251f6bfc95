/** Most characters of an operation's name: logs keep it, some of them for years. */
export const MOST_NAME = 100;

/**
 * What a log may hold of what a client calls an operation: a name of GraphQL, cut where it is long, and without rows of
 * digits, which may be somebody's number. Null for whatever is no name: it may be any text.
 */
export function loggedName(name: string | null | undefined): string | null {
  if (name == null || !/^[A-Za-z_]\w*$/.test(name)) return null;
  return name.replace(/\d{6,}/g, '…').slice(0, MOST_NAME);
}
