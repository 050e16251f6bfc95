import { expect, test } from 'vitest';
import type { ChangesDeclaration } from '../../core/changes.ts';
import { checkDeclarations } from '../../core/check-declaration.ts';
import type { SectorDeclaration } from '../../core/declaration.ts';
import { kit } from '../../kit/index.ts';
import land from '../../sectors/land/sector.ts';
import oneStop from '../../sectors/one-stop/sector.ts';

const poll = kit.capture.poll();
const follow = kit.capture.follow();
const push = {
  way: 'push',
  capability: { deletes: false, order: false, intermediate: true, initial: false, lateCommits: true },
  settings: { SECURITY_CODE: kit.settings.text({ description: 'Shared secret', secret: true }) },
  routes: { finished: { read: () => ({ code: 'x', occurredAt: null, view: {} }) } },
  secret: { setting: 'SECURITY_CODE', member: 'SecurityCode' },
  answer: () => ({}),
} satisfies ChangesDeclaration;

function check(changes: Readonly<Record<string, ChangesDeclaration>>, sector = land(kit)): readonly string[] {
  const dossiers = sector.dossiers as NonNullable<SectorDeclaration['dossiers']>;
  return checkDeclarations(new Map([['land', { ...sector, dossiers: { ...dossiers, changes } }]]));
}

/** The same sector, whose dossier entity does not say how its changes are listed. */
function withoutList(sector: SectorDeclaration): SectorDeclaration {
  const { dossier, ...entities } = sector.entities;
  if (dossier === undefined) throw new Error('it has no dossiers');
  return { ...sector, entities: { ...entities, dossier: { ...dossier, listsChanges: false } } };
}

test('a system may be polled or followed, and tell of its changes besides', () => {
  expect(check({ poll, push })).toEqual([]);
  expect(check({ follow, push })).toEqual([]);
});

test.each<[string, readonly string[], RegExp]>([
  [
    'a poll of what cannot be listed',
    check({ poll }, withoutList(land(kit))),
    /dossier does not say how its changes are listed/,
  ],
  ['two ways that ask for the same', check({ poll, follow }), /poll and follow would ask for the same twice/],
  ['following what no counter knows', check({ follow }, oneStop(kit)), /the role must be course/],
  ['a name that no address can have', check({ 'Gọi lại': push }), /kebab-case/],
  ['calls without a route', check({ push: { ...push, routes: {} } }), /declares no route/],
  [
    'a route that is no part of an address',
    check({ push: { ...push, routes: { 'a/b': push.routes.finished } } }),
    /a\/b: expected up to 64 letters/,
  ],
  ['one route of two ways', check({ push, 'push-too': push }), /finished is declared by another way too/],
  ['a secret that nobody can set', check({ push: { ...push, settings: {} } }), /SECURITY_CODE, not declared/],
])('%s is a fault', (_, faults, expected) => {
  expect(faults.join('\n')).toMatch(expected);
  for (const fault of faults) expect(fault).toMatch(/^sectors\/land: dossiers\.changes/);
});
