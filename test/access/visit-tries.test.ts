import { describe, expect } from 'vitest';
import { newVisitId } from '../../core/visit-id.ts';
import { HOA } from './stage.ts';
import { citizen, colleague, counter, NEW, neighbour, STORES, useVisitStage } from './visit-stage.ts';

/** What somebody may type where an id or a code belongs. */
const WITH_A_NUMBER = { id: `CCCD-${HOA}-abcw`, code: `CCCD-${HOA}` };

describe.each(STORES)('On %s, who tries a visit that is not their own', (kind) => {
  const stage = useVisitStage(kind);
  const { test, received } = stage;
  const tried = async (who: typeof counter, mutation: string) => {
    const { refused } = await stage.desk.ask(who, `mutation { done: ${mutation} { id } }`);
    return [refused, stage.desk.logged.at(-1)?.operation.sought];
  };
  const close = (id: string) => `closeVisit(id: "${id}")`;
  const bind = (id: string, code: string) => `bindVisit(id: "${id}", dossier: "${code}")`;

  test('is found in the log with it, whether or not there is one', async () => {
    const theirs = await received(counter, citizen(HOA));
    for (const visit of [theirs, newVisitId()]) {
      expect(await tried(colleague, close(visit))).toEqual([['done VISIT_OVER'], [{ what: 'VISITS', visit }]]);
      expect(await tried(neighbour, bind(visit, NEW))).toEqual([
        ['done VISIT_OVER'],
        [{ what: 'VISITS', dossier: NEW, visit }],
      ]);
    }
    expect(await tried(counter, close(theirs))).toEqual([[], [{ what: 'VISITS', visit: theirs }]]);
  });

  test('leaves nothing there that is no id or no code: it may be anybody’s number', async () => {
    const { id, code } = WITH_A_NUMBER;
    expect(await tried(colleague, close(id))).toEqual([['done VISIT_OVER'], undefined]);
    expect(await tried(colleague, close('nothing'))).toEqual([['done VISIT_OVER'], undefined]);
    const own = await received(counter, citizen(HOA));
    expect(await tried(counter, bind(own, code))).toEqual([['done FORBIDDEN'], [{ what: 'VISITS', visit: own }]]);
    expect(await tried(counter, bind(id, NEW))).toEqual([['done VISIT_OVER'], [{ what: 'VISITS', dossier: NEW }]]);
  });
});
