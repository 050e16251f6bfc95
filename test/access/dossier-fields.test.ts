import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { DataClass } from '../../core/access.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { citizen, counter, OWN, PROCESSING, STRANGE, useDeskStage } from './desk-stage.ts';

const stage = useDeskStage();

/** Asks of a dossier, where the schema gives some of its fields another class. */
async function ask(classes: Readonly<Record<string, DataClass>>, code: string, fields: string) {
  const { desk } = stage;
  const query = `{ dossier(code: "${code}") { ${fields} } }`;
  const { access, caller } = await desk.open(counter, query, PROCESSING);
  const classOf = (place: string) => ({ ...access.classOf(place), ...(classes[place] && { data: classes[place] }) });
  const { data, errors = [] } = await execute({
    schema: desk.schema,
    document: parse(query),
    contextValue: createOperation(desk.registry, {
      ...{ caller, access: { ...access, classOf } },
      signal: new AbortController().signal,
    }),
  });
  return { data: JSON.parse(JSON.stringify(data)), refused: errors.map(({ path }) => path?.join('.')) };
}

describe('What is withheld of a dossier', () => {
  const FIELDS = 'code channel summary applicant { name } history { version }';

  it('is what its fields are declared as, and nothing else', async () => {
    expect((await ask({}, STRANGE, FIELDS)).refused).toEqual(['dossier.summary', 'dossier.applicant']);
    const stricter = { 'Dossier.channel': 'PERSONAL', 'Dossier.history': 'PERSONAL' } as const;
    const { data, refused } = await ask(stricter, STRANGE, FIELDS);
    expect(data.dossier).toMatchObject({ code: STRANGE, channel: null, history: null });
    expect(refused.sort()).toEqual(['dossier.applicant', 'dossier.channel', 'dossier.history', 'dossier.summary']);
    expect((await ask({ 'Dossier.summary': 'COURSE' }, STRANGE, FIELDS)).refused).toEqual(['dossier.applicant']);
  });

  it('is each class for itself: who may see what is personal may not see what is sensitive for that', async () => {
    const { data, refused } = await ask({ 'Dossier.summary': 'SENSITIVE' }, OWN, FIELDS);
    expect(refused).toEqual(['dossier.summary']);
    expect(data.dossier.applicant).toEqual({ name: 'Ai đó' });
  });

  it('names nobody where nothing that names them is shown', async () => {
    const query = `{ dossier(code: "${OWN}") { code channel } }`;
    await stage.desk.ask(citizen, query, { purpose: 'SELF' });
    expect(stage.shownIn()).toEqual([]);
  });
});
