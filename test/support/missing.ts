import { describe, it } from 'vitest';

/**
 * Names among the results what cannot run on this machine for want of a server. Nothing passes by that: in CI a server
 * that is missing ends the run before its first test.
 */
export function skipByName(title: string, { missing }: { readonly missing: string }): void {
  describe.skip(`${title} (${missing})`, () => it('runs', () => {}));
}
