import { type GraphQLResolveInfo, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Actor, DataClass, StatedHeaders } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity } from '../../core/open-sector.ts';
import type { Key } from '../../core/source.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { judgedRecord } from '../../resolvers/records.ts';
import { citizen, counter, HOA_OLD, PROCESSING, useDeskStage } from './desk-stage.ts';
import { hashOf } from './small-desk.ts';
import { BINH, HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

const CODE = '0100233488';
const CLASSES: Readonly<Record<string, DataClass>> = {
  'Query.landParcel': 'PERSONAL',
  'Query.landBusiness': 'PUBLIC',
  'LandBusiness.name': 'PUBLIC',
  'LandBusiness.representative': 'PERSONAL',
  'LandBusiness.debts': 'SENSITIVE',
};
const entity = { sector: 'land', name: 'business', declaration: { type: 'LandBusiness' } } as Entity;

interface AskOptions {
  readonly who?: Actor;
  readonly said: Partial<StatedHeaders>;
  /** What is asked for of a business. */
  readonly fields?: readonly string[];
  /** Instead of what an operation does otherwise. */
  readonly given?: Partial<OperationAccess>;
}

/** Asks one thing in an operation of its own, and writes the log. */
async function asking<T>(
  { who = counter, said, fields = ['name', 'representative'], given = {} }: AskOptions,
  ask: (operation: Operation) => Promise<T>,
): Promise<T> {
  const { desk } = stage;
  const { access, caller, settle } = await desk.open(who, '{ sectors { id } }', said);
  const classOf = (place: string) => ({ sector: 'land', data: CLASSES[place] ?? ('PUBLIC' as const) });
  const operation = createOperation(desk.registry, {
    ...{ caller, signal: new AbortController().signal },
    access: { ...access, classOf, isServed: (place) => place in CLASSES, ...given },
  });
  const [definition] = parse('{ sectors { id } }').definitions;
  operation.begin({ schema: desk.schema, operation: definition, fragments: {} } as unknown as GraphQLResolveInfo);
  const { plan } = operation;
  Object.defineProperty(operation, 'plan', { value: { ...plan, fieldsOf: () => new Set(fields) } });
  try {
    return await ask(operation);
  } finally {
    await settle({ codes: [], hasData: true, answered: true });
  }
}

const subjectsIn = async (visit: string) => (await stage.desk.registry.visits.read(visit))?.subjects;
const heldBy = (...numbers: readonly unknown[]) => [{ personalNumbers: numbers, birthDate: null, fullName: null }];

interface Asked {
  readonly place?: string;
  readonly key?: Key;
  readonly holders?: string | undefined;
  readonly names?: string | undefined;
  readonly how?: 'IDENTIFIER' | 'LINK';
}

describe('A record about people that is asked for by an identifier of its own', () => {
  const row = { id: '1', heldBy: heldBy(STRANGER), names: heldBy(BINH) };
  const parcel = (options: AskOptions, asked: Asked = {}, rows: readonly Mapped[] = [row], read = async () => {}) =>
    asking(options, (operation) => {
      const ask = {
        ...{ place: 'Query.landParcel', entity, key: ['26500', '1', '60'], holders: 'heldBy', names: 'names' },
        ...{ how: 'IDENTIFIER' as const, ...asked },
      };
      return judgedRecord(operation, ask, async () => {
        await read();
        return { rows, records: rows };
      });
    });

  it('takes a place in the visit under it before it is read, and everybody whom it names was shown', async () => {
    const said = await stage.received();
    let before: unknown;
    const read = async () => {
      before = await subjectsIn(said.visit);
    };
    expect(await parcel({ said }, {}, [row], read)).toEqual([row]);
    expect(before).toEqual(new Set([hashOf('land:landParcel:26500/1/60')]));
    expect(stage.shownIn()).toEqual([
      [STRANGER, 'NAMED', null],
      [BINH, 'NAMED', null],
    ]);
  });

  it('takes no second place for what it says of people', async () => {
    const said = await stage.received();
    await parcel({ said }, { key: 'DE 123456' });
    expect(await subjectsIn(said.visit)).toEqual(new Set([hashOf('land:landParcel:DE 123456')]));
  });

  it('is not read where there is no place for it', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    for (let at = 0; at < 8; at += 1) await access.askRecord('land', 'PERSONAL', `land:landParcel:${at}`);
    let times = 0;
    const read = async () => {
      times += 1;
    };
    await expect(parcel({ said }, {}, [row], read)).rejects.toMatchObject({ code: 'VISIT_FULL' });
    expect([times, stage.shownIn()]).toEqual([0, []]);
  });

  it('takes none where another one leads to it, is then seen by whom it is about alone, and shows nobody to others', async () => {
    const said = await stage.received();
    await expect(parcel({ said }, { how: 'LINK' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect([await subjectsIn(said.visit), stage.shownIn()]).toEqual([new Set(), []]);
    await expect(parcel({ said: PROCESSING }, { how: 'LINK' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // Hoà hands in the dossier that is worked on.
    const own = { ...row, heldBy: heldBy(HOA) };
    expect(await parcel({ said: PROCESSING }, { how: 'LINK' }, [own])).toEqual([own]);
  });

  it('names nobody where no field of it says whom it is about, or names others', async () => {
    const said = await stage.received();
    // What such a field would be called in a mapping is of no account.
    const strange = { ...row, undefined: heldBy(HOA) };
    expect(await parcel({ said }, { holders: undefined, names: undefined }, [strange])).toEqual([strange]);
    expect(stage.shownIn()).toEqual([]);
    // Asked for for a dossier, it is of nobody whom that names.
    await expect(parcel({ said: PROCESSING }, { holders: undefined }, [strange])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('names those alone whose numbers can be read', async () => {
    const said = await stage.received();
    await parcel({ said }, {}, [
      { id: '1', heldBy: new Error('cannot be read'), names: null },
      { id: '1', heldBy: heldBy(null, STRANGER, 7, new Error('cannot be read')) },
    ]);
    expect(stage.shownIn()).toEqual([[STRANGER, 'NAMED', null]]);
  });
});

describe('A record that anyone may read', () => {
  const NAME = { code: CODE, name: 'HTX Bình Minh' };
  const business = (options: AskOptions, holders: readonly unknown[], row: Mapped = NAME, asked: Asked = {}) =>
    asking(options, async (operation) => {
      const whole = { representative: 'Bình', debts: 5, ...row };
      const ask = {
        ...{ place: 'Query.landBusiness', entity, key: CODE, holders: 'heldBy', names: undefined },
        ...{ how: 'IDENTIFIER' as const, ...asked },
      };
      const rows = [{ ...whole, heldBy: holders }];
      const [found] = await judgedRecord(operation, ask, async () => ({ rows, records: [whole] }));
      const { name, representative, debts } = found ?? {};
      return [name, representative, debts].map((value) => (value instanceof HubError ? value.code : value));
    });
  const FIELDS = ['name', 'representative', 'debts'];

  it('keeps back what it says of people whom the dossier does not name that is worked on', async () => {
    expect(await business({ said: PROCESSING }, heldBy(STRANGER))).toEqual(['HTX Bình Minh', 'FORBIDDEN', 5]);
    expect(stage.shownIn()).toEqual([]);
  });

  it('tells it where it is about one of them, and notes everybody whom it names', async () => {
    expect(await business({ said: PROCESSING }, heldBy(HOA))).toEqual(['HTX Bình Minh', 'Bình', 5]);
    expect(stage.shownIn()).toEqual([
      [CODE, 'NAMED', null],
      [HOA, 'DOSSIER', null],
    ]);
  });

  it('tells it where its code is the number of one of them, and a code that cannot be read is nobody’s', async () => {
    expect(await business({ said: PROCESSING }, [], { name: 'Hộ Hoà', code: HOA })).toEqual(['Hộ Hoà', 'Bình', 5]);
    for (const code of [new Error('cannot be read'), null, 'chưa có']) {
      expect(await business({ said: PROCESSING }, [], { name: 'Hộ Hoà', code })).toEqual(['Hộ Hoà', 'FORBIDDEN', 5]);
    }
  });

  it('tells it to whom it is about, also under their old number', async () => {
    const said = { purpose: 'SELF' } as const;
    const own = [{ personalNumbers: [HOA_OLD], birthDate: null, fullName: 'Nguyễn Văn Hoà' }];
    expect(await business({ who: citizen, said }, own)).toEqual(['HTX Bình Minh', 'Bình', 5]);
    const others = [{ ...own[0], fullName: 'Trần Thị Bình' }];
    expect(await business({ who: citizen, said }, others)).toEqual(['HTX Bình Minh', 'FORBIDDEN', 5]);
  });

  it('is judged anew for each class of data', async () => {
    const judged: DataClass[] = [];
    const judgeRecord = (_: string, data: DataClass) => {
      judged.push(data);
      if (data === 'SENSITIVE') throw new HubError('FORBIDDEN', 'No.');
    };
    const options = { said: PROCESSING, fields: FIELDS, given: { judgeRecord } };
    expect(await business(options, heldBy(STRANGER))).toEqual(['HTX Bình Minh', 'Bình', 'FORBIDDEN']);
    expect(judged).toEqual(['PERSONAL', 'SENSITIVE']);
    // Something of it was told.
    expect(stage.shownIn()).toEqual([
      [CODE, 'NAMED', null],
      [STRANGER, 'NAMED', null],
    ]);
  });

  it('shows nobody, and takes no place, where nothing is asked for that it says of people', async () => {
    const said = await stage.received();
    const judgeRecord = () => {
      throw new HubError('FORBIDDEN', 'No.');
    };
    const options = { said, fields: ['name'], given: { judgeRecord } };
    expect(await business(options, heldBy(HOA))).toEqual(['HTX Bình Minh', 'Bình', 5]);
    expect([await subjectsIn(said.visit), stage.shownIn()]).toEqual([new Set(), []]);
    // Nor is any system asked whose it is.
    const own = [{ personalNumbers: [HOA_OLD], birthDate: null, fullName: 'Nguyễn Văn Hoà' }];
    stage.forget();
    await business({ who: citizen, said: { purpose: 'SELF' }, fields: ['name'] }, own);
    expect(stage.house.calls).toEqual([]);
  });

  it('takes a place for what it says of people under its code, however that is typed', async () => {
    const said = await stage.received();
    const typed = { key: `${CODE} ` };
    expect(await business({ said }, heldBy(STRANGER), NAME, typed)).toEqual(['HTX Bình Minh', 'Bình', 5]);
    expect(await subjectsIn(said.visit)).toEqual(new Set([hashOf(`business:${CODE}`)]));
    expect(stage.shownIn()).toEqual([
      [CODE, 'NAMED', null],
      [STRANGER, 'NAMED', null],
    ]);
    // What bears another code is another.
    expect(await business({ said }, heldBy(STRANGER), { ...NAME, code: '0314409058' }, { how: 'LINK' })).toEqual([
      ...['HTX Bình Minh', 'FORBIDDEN', 5],
    ]);
  });

  it('takes none where another one leads to it, nor where it is asked for by something else than a code', async () => {
    const said = await stage.received();
    for (const asked of [{ how: 'LINK' }, { key: [CODE, '1'] }] as const) {
      expect(await business({ said }, heldBy(STRANGER), NAME, asked)).toEqual(['HTX Bình Minh', 'FORBIDDEN', 5]);
    }
    expect(await subjectsIn(said.visit)).toEqual(new Set());
  });

  it('says why it has no place, there alone where it speaks of people', async () => {
    const said = await stage.received();
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', said);
    for (let at = 0; at < 8; at += 1) await access.askRecord('land', 'PERSONAL', `land:landParcel:${at}`);
    expect(await business({ said }, heldBy(STRANGER))).toEqual(['HTX Bình Minh', 'VISIT_FULL', 5]);
    expect(stage.shownIn()).toEqual([]);
  });

  it('takes what goes wrong while it is judged for no refusal', async () => {
    const said = await stage.received();
    const broken = () => {
      throw new TypeError('people is not iterable');
    };
    // It has a place as far as it is public.
    const askRecord = async (_: string, data: DataClass) => (data === 'PUBLIC' ? undefined : broken());
    await expect(business({ said, given: { askRecord } }, heldBy(HOA))).rejects.toThrow(TypeError);
    await expect(business({ said, given: { judgeRecord: broken } }, heldBy(HOA))).rejects.toThrow(TypeError);
  });
});
