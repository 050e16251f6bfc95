import { describe, expect, it, vi } from 'vitest';
import { admin, citizen, counter, leader, name, OWN, PROCESSING, STRANGE, useDeskStage } from './desk-stage.ts';
import { HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

describe('What is logged', () => {
  it('says what was looked for, each thing once, whatever it is beside', async () => {
    const { access, settle } = await stage.desk.open(admin, '{ sectors { id } }');
    access.sought({ what: 'ACCESSES', subject: 'one' });
    access.sought({ what: 'ACCESSES', subject: 'other', from: 1 });
    access.sought({ what: 'ACCESSES', subject: 'one' });
    access.sought({ what: 'VISITS' });
    await settle({ codes: [], hasData: true, answered: true });
    expect(stage.desk.logged[0]?.operation.sought).toEqual([
      { what: 'ACCESSES', subject: 'one' },
      { what: 'ACCESSES', subject: 'other', from: 1 },
      { what: 'VISITS' },
    ]);
    expect(stage.desk.logged[0]?.personal).toBe(false);
  });

  it('says that visits were looked for, and of which unit', async () => {
    await stage.desk.ask(leader, '{ visits { nodes { id } } a: visits(unit: "H41.58") { nodes { id } } }');
    expect(stage.desk.logged[0]?.operation.sought).toEqual([{ what: 'VISITS' }, { what: 'VISITS', unit: 'H41.58' }]);
  });

  it('says that a number was looked for that nobody has', async () => {
    const nobody = '001085999999';
    await stage.desk.ask(counter, name(nobody), await stage.received());
    const { operation, subjects } = stage.desk.logged[0] ?? {};
    expect([operation?.sought, subjects]).toEqual([[{ what: 'PERSON', subject: nobody }], []]);
  });
});

describe('Dossiers that are looked for by a name', () => {
  const list = (text: string) => `{ dossiers(filter: { text: "${text}" }) { totalCount nodes { code } } }`;

  it('leave whose they are in the log, though the list names nobody, and do not leave without it', async () => {
    const { data, refused } = await stage.desk.ask(counter, list('ai đó'), PROCESSING);
    expect([refused, data.dossiers.totalCount]).toEqual([[], 2]);
    expect(stage.shownIn()?.toSorted()).toEqual([
      [HOA, 'DOSSIER', OWN],
      [STRANGER, 'MATCH', STRANGE],
    ]);
    expect(stage.desk.logged[0]).toMatchObject({
      personal: true,
      operation: { fields: [], sought: [{ what: 'NAME' }] },
    });
  });

  it('are told without one that is gone by the time it is read', async () => {
    const { index } = stage.desk.registry;
    const { page } = index;
    const gone = { code: 'H41.58.01-261119-9999', key: [0, 'H41.58.01-261119-9999'] } as const;
    const before: typeof page = async (request) => {
      const read = await page(request);
      return { ...read, places: [gone, ...read.places] };
    };
    const spied = vi.spyOn(index, 'page').mockImplementation(before);
    const { data, refused } = await stage.desk.ask(counter, list('ai đó'), PROCESSING);
    spied.mockRestore();
    expect([refused, data.dossiers.nodes.length]).toEqual([[], 2]);
    expect(stage.shownIn()).toHaveLength(2);
  });

  it('are looked for in the log where there are none', async () => {
    const { data } = await stage.desk.ask(counter, list('chẳng ai'), PROCESSING);
    expect(data.dossiers).toEqual({ totalCount: 0, nodes: [] });
    expect(stage.desk.logged[0]).toMatchObject({
      personal: true,
      subjects: [],
      operation: { sought: [{ what: 'NAME' }] },
    });
  });

  it('are refused to whoever watches over work, who may have them by a code', async () => {
    expect((await stage.desk.ask(leader, list('ai đó'), { purpose: 'SUPERVISION' })).refused).toEqual([
      'dossiers FORBIDDEN',
    ]);
    for (const code of [OWN, OWN.slice(0, 7), '0007']) {
      expect((await stage.desk.ask(leader, list(code))).refused).toEqual([]);
      expect(stage.desk.logged.at(-1)).toMatchObject({ personal: false, subjects: [] });
      expect(stage.desk.logged.at(-1)?.operation).not.toHaveProperty('sought');
    }
    // Somebody may have typed it into the name.
    for (const typed of [STRANGER, STRANGER.slice(0, -1), STRANGER.slice(0, 9)]) {
      expect((await stage.desk.ask(leader, list(typed))).refused).toEqual(['dossiers FORBIDDEN']);
    }
  });

  it('are a citizen’s own, each tied to them by being so', async () => {
    await stage.desk.ask(citizen, list('ai đó'), { purpose: 'SELF' });
    expect(stage.shownIn()).toEqual([
      [HOA, 'SELF', null],
      [HOA, 'SELF', OWN],
    ]);
  });

  it('are an enterprise’s for the log to find, where they were looked for by its code', async () => {
    const query = '{ dossiers(filter: { applicantId: "0100233488" }) { totalCount } }';
    await stage.desk.ask(leader, query);
    const sought = [{ what: 'DOSSIERS', subject: '0100233488' }];
    expect(stage.desk.logged[0]).toMatchObject({ personal: false, subjects: [], operation: { sought } });
  });
});

describe('People who are looked for by a name', () => {
  it('are in the log with that they were, also where there are none', async () => {
    const query = (text: string) => `{ citizens(name: "${text}") { nodes { fullName } } }`;
    await stage.desk.ask(counter, query('Nguyễn Văn Hoà'), PROCESSING);
    await stage.desk.ask(counter, query('Chẳng Ai'), PROCESSING);
    expect(stage.desk.logged.map(({ operation, personal }) => [operation.sought, personal])).toEqual([
      [[{ what: 'NAME' }], true],
      [[{ what: 'NAME' }], true],
    ]);
    expect(stage.shownIn(0)?.length).toBeGreaterThan(0);
    expect(stage.shownIn(1)).toEqual([]);
  });
});
