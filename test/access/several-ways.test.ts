import { type GraphQLResolveInfo, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { StatedHeaders } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { answerQuery, type Query } from '../../resolvers/links.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { citizen, counter, PROCESSING, useDeskStage } from './desk-stage.ts';
import { HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

const recordOf = (id: string, number: string): Mapped => ({
  id,
  heldBy: [{ personalNumbers: [number], birthDate: null, fullName: null }],
});
const OWN = recordOf('1', HOA);
const OTHERS = recordOf('2', STRANGER);
const DOWN = new HubError('SOURCE_UNAVAILABLE', 'civil-status: down');

/** What was found: a record, or several, in each way; null for nothing. */
type Found = Mapped | readonly Mapped[] | HubError | null;

/** What a field of Query answers that is personal and asks in as many ways as there are findings. */
async function answered(who: typeof counter, said: Partial<StatedHeaders>, found: readonly Found[]): Promise<unknown> {
  const { access, caller, settle } = await stage.desk.open(who, '{ sectors { id } }', said);
  const operation = createOperation(stage.desk.registry, { access, caller, signal: new AbortController().signal });
  const [definition] = parse('{ sectors { id } }').definitions;
  operation.begin({
    ...{ schema: stage.desk.schema, operation: definition, fragments: {} },
  } as unknown as GraphQLResolveInfo);
  const records = async (_: unknown, by: string): Promise<readonly Mapped[] | null> => {
    const one = found[Number(by)];
    if (one instanceof HubError) throw one;
    return one == null ? null : ([one].flat() as Mapped[]);
  };
  const sector = stage.desk.registry.sectors.find(({ id }) => id === 'civil-status') as OpenSector;
  const [to = ''] = Object.keys(sector.declaration.entities);
  const ways = found.map((_, way): Query => {
    const declaration = { to, by: String(way), holders: 'heldBy', key: () => String(way) };
    return { sector, name: 'citizen', declaration };
  });
  const asked = { ...operation, records } as Operation;
  const answer = await answerQuery(asked, ways, {}).catch(({ code }: HubError) => code);
  await settle({ codes: [], hasData: true, answered: true });
  return answer;
}

describe('A personal record that can be asked for in several ways', () => {
  it.each([
    ['who works on their dossier', counter, PROCESSING],
    ['the person themself', citizen, { purpose: 'SELF' }],
  ] as const)('is shown to %s by the way that finds it, whatever the others find', async (_, who, said) => {
    expect(await answered(who, said, [OWN])).toBe(OWN);
    expect(await answered(who, said, [null, OWN])).toBe(OWN);
    expect(await answered(who, said, [OWN, null, OTHERS])).toBe(OWN);
  });

  it('is refused where none of them finds one that may be seen, be it there or not', async () => {
    for (const found of [[null, null], [OTHERS, null], [OTHERS, OTHERS], [null]]) {
      expect(await answered(counter, PROCESSING, found)).toBe('FORBIDDEN');
    }
  });

  it('is nobody’s guess where two may be seen, or where a system does not answer', async () => {
    expect(await answered(counter, PROCESSING, [OWN, recordOf('3', HOA)])).toBe('AMBIGUOUS');
    expect(await answered(counter, PROCESSING, [OWN, DOWN])).toBe('SOURCE_UNAVAILABLE');
  });

  it('has shown nobody where one way finds several, of which none is answered', async () => {
    const shown = () => stage.desk.logged.at(-1)?.subjects.map(({ number }) => number);
    const several = [OWN, OTHERS];
    for (const said of [await stage.received(), PROCESSING]) {
      expect([await answered(counter, said, [several]), shown()]).toEqual(['AMBIGUOUS', []]);
      expect([await answered(counter, said, [OWN]), shown()]).toEqual([OWN, [HOA]]);
    }
  });

  it('is not there, in a visit in which it was asked for, where none of them finds it', async () => {
    expect(await answered(counter, await stage.received(), [null, null])).toBeNull();
  });
});
