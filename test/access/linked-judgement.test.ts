import { type GraphQLResolveInfo, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Actor, DataClass, StatedHeaders } from '../../core/access.ts';
import type { LinkDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity, OpenSector } from '../../core/open-sector.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import type { Identity } from '../../resolvers/identity.ts';
import { linkedRecord, noteNamed, ownersOf } from '../../resolvers/linked-records.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { personalFields, refusedFields } from '../../resolvers/personal-fields.ts';
import { citizen, counter, HOA_OLD, PROCESSING, useDeskStage } from './desk-stage.ts';
import { BINH, HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

const debt = { sector: 'civil-status', declaration: { type: 'TaxDebt', identity: ['id'] } } as unknown as Entity;
const link = (declared: Partial<LinkDeclaration> = {}) => ({
  sector: { id: 'civil-status' } as OpenSector,
  place: 'Business.debt',
  declaration: { to: 'debt', by: 'business', needs: [], keys: () => [], list: false, holders: 'heldBy', ...declared },
});
const held = (...numbers: readonly string[]) => [{ personalNumbers: numbers, birthDate: null, fullName: null }];
const CLASSES: Readonly<Record<string, DataClass>> = {
  'TaxDebt.amount': 'PERSONAL',
  'TaxDebt.reason': 'SENSITIVE',
  'TaxDebt.year': 'PUBLIC',
};

/** Work on the dossier of Hoà and Bình, with who is noted to be in the answer. */
async function working(
  data: DataClass = 'PERSONAL',
  changed: Partial<OperationAccess> = {},
  fields: readonly string[] = ['amount', 'year'],
  by: { readonly actor: Actor; readonly said: Partial<StatedHeaders> } = { actor: counter, said: PROCESSING },
): Promise<{ readonly operation: Operation; readonly shown: readonly string[] }> {
  const { access, caller } = await stage.desk.open(by.actor, '{ sectors { id } }', by.said);
  const shown: string[] = [];
  const own: OperationAccess = {
    ...access,
    classOf: (place) => ({
      sector: 'civil-status',
      data: place === 'Business.debt' ? data : (CLASSES[place] ?? 'PUBLIC'),
    }),
    isServed: (place) => place !== 'TaxDebt.__typename',
    shown: (number, relation) => void shown.push(`${number} ${relation}`),
    ...changed,
  };
  const made = createOperation(stage.desk.registry, { caller, access: own, signal: new AbortController().signal });
  const [definition] = parse('{ sectors { id } }').definitions;
  made.begin({ schema: stage.desk.schema, operation: definition, fragments: {} } as unknown as GraphQLResolveInfo);
  const plan = { ...made.plan, fieldsOf: () => new Set(fields) };
  const operation = Object.defineProperties(made, { plan: { value: plan } });
  return { operation, shown };
}

function seen(found: Mapped | HubError): unknown {
  return found instanceof HubError ? found.code : found;
}

/** Hoà, under both numbers. */
const HIM: Identity = {
  ...{ asked: [HOA], numbers: [HOA, HOA_OLD], canonical: HOA, failures: [], unreadable: [], shared: new Set<string>() },
  statements: [
    {
      ...{ sector: 'civil-status', personalNumbers: [HOA, HOA_OLD], fullName: 'Nguyễn Văn Hoà' },
      ...{ birthDate: '1985-03-14', gender: 'MALE', asOf: null },
    },
  ],
};
/** What a system states that knows him by his old number alone. */
const BY_OLD = [{ personalNumbers: [HOA_OLD], birthDate: '1985-03-14', fullName: null }];

describe('A record of people that another one leads to', () => {
  const from = { link: link(), entity: debt, owner: undefined };

  it('is shown where it is about a subject, whichever of its rows says so, and all whom it names are noted', async () => {
    const { operation, shown } = await working();
    const record = { id: '1', heldBy: held(STRANGER) };
    const rows = [record, { id: '1', heldBy: held(BINH), signed: held('001070000001') }];
    const named = { ...from, link: link({ names: 'signed' }) };
    expect(await linkedRecord(operation, named, { record, rows })).toBe(record);
    expect(shown).toEqual([`${STRANGER} NAMED`, `${BINH} NAMED`, '001070000001 NAMED']);
  });

  it('is refused where it is about somebody else or does not say about whom, and then nobody is in the answer', async () => {
    const { operation, shown } = await working();
    for (const record of [{ id: '1', heldBy: held(STRANGER) }, { id: '1' }, { id: '1', heldBy: new Error('?') }]) {
      expect(seen(await linkedRecord(operation, from, { record, rows: [record] }))).toBe('FORBIDDEN');
    }
    const record = { id: '1', heldBy: held(HOA) };
    const unsaid = { ...from, link: link({ holders: undefined }) };
    expect(seen(await linkedRecord(operation, unsaid, { record, rows: [record] }))).toBe('FORBIDDEN');
    expect(shown).toEqual([]);
  });

  it('is not held for refused where judging it fails', async () => {
    const judgeRecord = () => {
      throw new TypeError('broken');
    };
    const { operation } = await working('PERSONAL', { judgeRecord });
    const record = { id: '1', heldBy: held(HOA) };
    await expect(linkedRecord(operation, from, { record, rows: [record] })).rejects.toThrow('broken');
  });
});

describe('A record that one’s own record leads to', () => {
  it('is about the person from whom the way led there, also where it knows them by an old number alone', async () => {
    const { operation } = await working('PERSONAL', { judgeRecord: await onlyOf(HOA) });
    const record = { id: '1', heldBy: BY_OLD };
    const way = { link: link(), entity: debt, owner: HIM };
    expect(await linkedRecord(operation, way, { record, rows: [record] })).toBe(record);
    expect(ownersOf(operation).get(record)).toBe(HIM);
    // Without the way nobody can say so.
    const straight = await linkedRecord(
      operation,
      { ...way, owner: undefined },
      { record: { ...record }, rows: [record] },
    );
    expect(seen(straight)).toBe('FORBIDDEN');
  });

  it('is not theirs where it is about another or does not say about whom', async () => {
    const { operation } = await working();
    const way = { link: link(), entity: debt, owner: HIM };
    for (const record of [
      { id: '1', heldBy: held(STRANGER) },
      { id: '1', heldBy: [] },
    ]) {
      expect(seen(await linkedRecord(operation, way, { record, rows: [record] }))).toBe('FORBIDDEN');
      expect(ownersOf(operation).has(record)).toBe(false);
    }
  });

  it('is not theirs by the way alone, however certain it is who they are', async () => {
    const { operation } = await working();
    const way = { link: link(), entity: debt, owner: { ...HIM, numbers: [HOA] } };
    for (const record of [{ id: '1' }, { id: '1', heldBy: [] }, { id: '1', heldBy: held(STRANGER) }]) {
      expect(seen(await linkedRecord(operation, way, { record, rows: [record] }))).toBe('FORBIDDEN');
      expect(ownersOf(operation).has(record)).toBe(false);
    }
  });

  it('is shown to whoever asks for themself, where it knows them by an old number and does not speak against it', async () => {
    const self = { actor: citizen, said: { purpose: 'SELF' } } as const;
    const { operation } = await working('PERSONAL', {}, ['amount'], self);
    const way = { link: link(), entity: debt, owner: undefined };
    const own = { id: '1', heldBy: BY_OLD };
    expect(await linkedRecord(operation, way, { record: own, rows: [own] })).toBe(own);
    const other = { id: '2', heldBy: [{ ...BY_OLD[0], birthDate: '1990-01-02' }] };
    expect(seen(await linkedRecord(operation, way, { record: other, rows: [other] }))).toBe('FORBIDDEN');
  });

  it('leads no further as theirs where it is a subject’s and another’s', async () => {
    const { operation } = await working();
    const record = { id: '1', heldBy: held(BINH) };
    const way = { link: link(), entity: debt, owner: HIM };
    expect(await linkedRecord(operation, way, { record, rows: [record] })).toBe(record);
    expect(ownersOf(operation).has(record)).toBe(false);
  });

  /** Opens what bears this number and nothing else. */
  async function onlyOf(number: string): Promise<OperationAccess['judgeRecord']> {
    return (_sector, _data, { people }) => {
      if (people.some(({ personalNumbers }) => personalNumbers.includes(number))) return;
      throw new HubError('FORBIDDEN', 'There is nothing here that you may see.');
    };
  }
});

describe('A public record that another one leads to', () => {
  const from = { link: link(), entity: debt, owner: undefined };

  it('shows what it says of people where it is about a subject, whichever of its rows says so', async () => {
    const { operation } = await working('PUBLIC');
    const record = { id: '1', amount: '5', year: '2026', heldBy: held(STRANGER) };
    const rows = [record, { ...record, heldBy: held(HOA) }];
    expect(await linkedRecord(operation, from, { record, rows })).toEqual(record);
    const refused = (await linkedRecord(operation, from, { record, rows: [record] })) as Mapped;
    expect({ ...refused, amount: seen(refused.amount as HubError) }).toEqual({ ...record, amount: 'FORBIDDEN' });
  });

  it('shows nothing that it says of people where it does not say whom it is about', async () => {
    const { operation } = await working('PUBLIC');
    const record = { id: '1', amount: '5', heldBy: held(HOA) };
    const unsaid = { ...from, link: link({ holders: undefined }) };
    const found = (await linkedRecord(operation, unsaid, { record, rows: [record] })) as Mapped;
    expect(seen(found.amount as HubError)).toBe('FORBIDDEN');
  });
});

describe('Who is named in a record', () => {
  it('is noted, save under the numbers of whom it is known to be', async () => {
    const { operation, shown } = await working();
    const rows = [{ heldBy: held(HOA, HOA_OLD), signed: held(BINH) }, { heldBy: held(STRANGER) }];
    noteNamed(operation, link({ names: 'signed' }), rows, [HOA, HOA_OLD]);
    expect(shown).toEqual([`${STRANGER} NAMED`, `${BINH} NAMED`]);
    noteNamed(operation, link({ holders: undefined }), rows);
    expect(shown).toHaveLength(2);
  });
});

describe('What is asked for of a record that says something about people', () => {
  it('is each field of a class of personal data, and no other, with its class', async () => {
    const { operation } = await working('PUBLIC', {}, ['__typename', 'amount', 'reason', 'year']);
    expect(personalFields(operation, 'TaxDebt')).toEqual([
      { field: 'amount', data: 'PERSONAL' },
      { field: 'reason', data: 'SENSITIVE' },
    ]);
    // Of each type by itself, though each is worked out but once.
    expect(personalFields(operation, 'Business')).toEqual([]);
  });

  it('is not asked about its class where it is no field of the schema', async () => {
    const classOf = (place: string): never => {
      throw new Error(`${place} has no rule`);
    };
    const { operation } = await working('PUBLIC', { classOf }, ['__typename']);
    expect(personalFields(operation, 'TaxDebt')).toEqual([]);
  });

  it('is refused class by class', () => {
    const refusal = new HubError('FORBIDDEN', 'There is nothing here that you may see.');
    const fields = [
      { field: 'amount', data: 'PERSONAL' },
      { field: 'reason', data: 'SENSITIVE' },
      { field: 'cause', data: 'SENSITIVE' },
    ] as const;
    const judged: DataClass[] = [];
    const refused = refusedFields(fields, (data) => {
      judged.push(data);
      return data === 'SENSITIVE' ? refusal : null;
    });
    expect([...refused]).toEqual([
      ['reason', refusal],
      ['cause', refusal],
    ]);
    expect(judged).toEqual(['PERSONAL', 'SENSITIVE']);
    expect(refusedFields(fields, () => null).size).toBe(0);
  });
});
