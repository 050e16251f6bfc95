import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataClass } from '../../core/access.ts';
import type { EntityDeclaration, LinkDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { followLinks } from '../../resolvers/links.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { counter, type DeskStage, openDeskStage, PROCESSING } from './desk-stage.ts';
import { HOA, STRANGER } from './stage.ts';

let stage: DeskStage;

beforeAll(async () => {
  stage = await openDeskStage();
}, 30_000);

afterAll(() => stage.house.close());

/** What is seen of the debt that hangs on a business, where the field that leads to it is of this class. */
async function debtSeen(data: DataClass, holder: string): Promise<unknown> {
  const { desk } = stage;
  const { access, caller } = await desk.open(counter, '{ sectors { id } }', PROCESSING);
  const classes: Readonly<Record<string, DataClass>> = { 'Business.debt': data, 'TaxDebt.amount': 'PERSONAL' };
  const classOf = (place: string) => ({ sector: 'civil-status', data: classes[place] ?? 'PUBLIC' });
  const signal = new AbortController().signal;
  const made = createOperation(desk.registry, {
    ...{ caller, signal },
    access: { ...access, classOf, isServed: () => true },
  });
  const row = { id: '1', amount: '5', heldBy: [{ personalNumbers: [holder], birthDate: null }] };
  const operation: Operation = Object.defineProperties(made, {
    plan: { value: { fieldsOf: () => new Set(['amount']) } },
    records: { value: async () => [row] },
  });
  const source = {} as EntityDeclaration['source'];
  const debt = { source, type: 'TaxDebt', identity: ['id'] } as unknown as EntityDeclaration;
  const declaration = { entities: { debt } } as unknown as OpenSector['declaration'];
  const sources = new Map([[source, { source: {} }]]) as unknown as OpenSector['sources'];
  const link: LinkDeclaration = {
    ...{ to: 'debt', by: 'business', needs: [], keys: () => ['1'], list: false },
    ...{ part: true, holders: 'heldBy' },
  };
  const links = [{ sector: { id: 'civil-status', declaration, sources }, place: 'Business.debt', declaration: link }];
  const found = (await followLinks(operation, links, { code: '0100233488' })) as { readonly amount: unknown };
  return found.amount instanceof HubError ? found.amount.code : found.amount;
}

describe('What is part of a record', () => {
  it('is seen with it, where the field that leads to it is withheld with it', async () => {
    expect(await debtSeen('PERSONAL', STRANGER)).toBe('5');
  });

  it('keeps back what it says of people, where anybody may read the field that leads to it', async () => {
    expect(await debtSeen('PUBLIC', STRANGER)).toBe('FORBIDDEN');
    expect(await debtSeen('PUBLIC', HOA)).toBe('5');
  });
});
