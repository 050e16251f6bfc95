import { describe, expect, it } from 'vitest';
import type { LinkDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import { identityOf, matchNode } from '../../resolvers/citizens.ts';
import { ownersOf } from '../../resolvers/linked-records.ts';
import { followLinks } from '../../resolvers/links.ts';
import { BINH, HOA, HOA_OLD, held, hoa, idsOf, KNOWN, linkTo, NAME, operationOf, parcel, told } from './links-stage.ts';
import { NOW, type System } from './small-house.ts';

describe('What hangs on a person', () => {
  it('is what every system of it has under any of their numbers, once', async () => {
    const operation = operationOf();
    told.rows = { [HOA]: [parcel('1')], [HOA_OLD]: [parcel('1'), parcel('2')] };
    const found = await followLinks(operation, [linkTo(), linkTo({ to: 'debt', by: 'debtor' })], await hoa(operation));
    expect(idsOf(found)).toEqual(['1', '2', '1', '2']);
    expect(told.asked).toEqual([`owner ${HOA}`, `owner ${HOA_OLD}`, `debtor ${HOA}`, `debtor ${HOA_OLD}`]);
    expect(told.admitted).toEqual([4]);
    expect(await followLinks(operation, [], await hoa(operation))).toBeNull();
  });

  it('is asked for once where there is one number, and is nothing where no system knows it', async () => {
    const operation = operationOf([{ people: [{ numbers: [HOA], name: NAME }] }]);
    expect(await followLinks(operation, [linkTo()], await hoa(operation))).toEqual([]);
    told.rows = { [HOA]: [parcel('1')] };
    expect(idsOf(await followLinks(operation, [linkTo()], await hoa(operation)))).toEqual(['1']);
    expect(told.asked).toEqual([`owner ${HOA}`, `owner ${HOA}`]);
  });

  it('is not followed from somebody who was only found by name', async () => {
    const operation = operationOf();
    const match = matchNode(operation, await identityOf(operation, [HOA]));
    await expect(followLinks(operation, [linkTo()], match)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(told.asked).toEqual([]);
  });

  describe('while a system of people does not answer', () => {
    const without: readonly Partial<System>[] = [
      { people: [{ numbers: [HOA], name: NAME, birthDate: '1985-03-14' }] },
      { sector: 'one-stop', down: true },
    ];

    it('is no list, since something could be missing in it', async () => {
      const operation = operationOf(without);
      await expect(followLinks(operation, [linkTo()], await hoa(operation))).rejects.toMatchObject({
        code: 'IDENTIFIERS_INCOMPLETE',
      });
      expect(told.asked).toEqual([]);
    });

    it('is one record under a number of 12 digits, and none under an old one', async () => {
      const operation = operationOf(without);
      told.rows = { [HOA]: [parcel('1')] };
      const one = [linkTo({ list: false })];
      expect(await followLinks(operation, one, await hoa(operation))).toEqual(parcel('1'));
      const found = operationOf([{}, { sector: 'one-stop', down: true }]);
      expect(await followLinks(found, one, await hoa(found, [HOA_OLD]))).toEqual(parcel('1'));
      const byOld = operationOf([{ people: [{ numbers: [HOA_OLD], name: NAME }] }, { sector: 'one-stop', down: true }]);
      await expect(followLinks(byOld, one, await hoa(byOld, [HOA_OLD]))).rejects.toMatchObject({
        code: 'IDENTIFIERS_INCOMPLETE',
      });
    });
  });

  it('is one where one is meant, and nobody’s guess where there are several', async () => {
    const operation = operationOf();
    const one = [linkTo({ list: false }, 'Citizen.household')];
    expect(await followLinks(operation, one, await hoa(operation))).toBeNull();
    told.rows = { [HOA]: [parcel('1'), parcel('2')] };
    await expect(followLinks(operation, one, await hoa(operation))).rejects.toMatchObject({
      ...{ code: 'AMBIGUOUS' },
      message: 'Citizen.household: several records match where one is meant; give the further arguments',
    });
  });

  it('is asked for by what else is known of them: numbers, name and date of birth', async () => {
    const operation = operationOf();
    const keys: LinkDeclaration['keys'] = ({ fullName, birthDate, personalNumbers }) => [
      [String(fullName), String(birthDate), String(personalNumbers)],
    ];
    await followLinks(operation, [linkTo({ keys, needs: ['fullName', 'birthDate'] })], await hoa(operation));
    expect(told.asked).toEqual([`owner ${NAME}/1985-03-14/${HOA},${HOA_OLD}`]);
  });

  it('is not asked for by what could not be read', async () => {
    const operation = operationOf([{ people: [{ ...KNOWN, birthDate: '31/02/1985' }] }]);
    const person = await hoa(operation);
    await expect(followLinks(operation, [linkTo({ needs: ['birthDate'] })], person)).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
    });
    expect(await followLinks(operation, [linkTo({ needs: ['personalNumbers'] })], person)).toEqual([]);
  });

  it('takes from a budget what it asks for, and nothing where it asks for nothing', async () => {
    const operation = operationOf();
    const link = linkTo({ budget: 3 });
    expect(await followLinks(operation, [linkTo({ budget: 0, keys: () => [] })], await hoa(operation))).toEqual([]);
    await followLinks(operation, [link], await hoa(operation));
    await expect(followLinks(operation, [link], await hoa(operation))).rejects.toMatchObject({
      ...{ code: 'BUDGET_EXCEEDED', sector: 'land' },
      message: 'land: Citizen.parcels may be asked for 3 times in one operation; ask for fewer at once',
    });
    expect(told.asked).toHaveLength(2);
  });

  describe('by whose it is', () => {
    const owned = linkTo({ holders: 'heldBy' });

    it('leaves out another’s that is filed under the same old number', async () => {
      const operation = operationOf();
      told.rows = {
        [HOA]: [parcel('1', held([HOA]))],
        [HOA_OLD]: [parcel('2', held([BINH, HOA_OLD])), parcel('3', held([HOA_OLD], null, '1985-03-14'))],
      };
      expect(idsOf(await followLinks(operation, [owned], await hoa(operation)))).toEqual(['1', '3']);
    });

    it('is nobody’s guess where the record does not say which of two people it is', async () => {
      const operation = operationOf();
      told.rows = { [HOA_OLD]: [parcel('2', held([HOA_OLD], 'Lê Thị Châu'))] };
      await expect(followLinks(operation, [owned], await hoa(operation))).rejects.toMatchObject({
        ...{ code: 'AMBIGUOUS', sector: 'land' },
        message: expect.stringMatching(/^land: a record is filed under a nine-digit number of this person alone/),
      });
      told.rows = { [HOA_OLD]: [{ id: '2' }] };
      await expect(followLinks(operation, [owned], await hoa(operation))).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    });

    it('is nobody’s guess where somebody else is remembered under the old number that it states alone', async () => {
      const operation = operationOf();
      const asked: string[] = [];
      const pairedNumbers = async (number: string) => {
        asked.push(number);
        return number === HOA_OLD ? [HOA, BINH] : [];
      };
      Object.defineProperty(operation, 'pairedNumbers', { value: pairedNumbers });
      const person = await hoa(operation);
      asked.length = 0;
      told.rows = { [HOA]: [parcel('1', held([HOA])), parcel('2', held([HOA, HOA_OLD]))] };
      expect(idsOf(await followLinks(operation, [owned], person))).toEqual(['1', '2']);
      told.rows = { [HOA_OLD]: [parcel('3', held([HOA_OLD], NAME, '1985-03-14'))] };
      await expect(followLinks(operation, [owned], person)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
      expect(asked).toEqual([HOA_OLD]);
    });

    it('is held against what is remembered of each person’s own numbers', async () => {
      const chau = { numbers: ['001190000077', '033333333'], name: 'Lê Thị Châu', birthDate: '1990-02-01' };
      const operation = operationOf([{ people: [KNOWN, chau] }]);
      const pairedNumbers = async (number: string) => (number === '033333333' ? [BINH] : []);
      Object.defineProperty(operation, 'pairedNumbers', { value: pairedNumbers });
      told.rows = {
        [HOA_OLD]: [parcel('1', held([HOA_OLD], NAME))],
        '033333333': [parcel('2', held(['033333333'], chau.name))],
      };
      expect(idsOf(await followLinks(operation, [owned], await hoa(operation)))).toEqual(['1']);
      const her = await hoa(operation, ['001190000077']);
      await expect(followLinks(operation, [owned], her)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    });

    it('needs the hub’s own store only where an old number stands alone', async () => {
      const operation = operationOf();
      const person = await hoa(operation);
      Object.defineProperty(operation, 'pairedNumbers', { value: () => Promise.reject(new Error('gone')) });
      told.rows = { [HOA]: [parcel('1', held([HOA])), parcel('2', held([BINH, HOA_OLD]))] };
      expect(idsOf(await followLinks(operation, [owned], person))).toEqual(['1']);
      told.rows = { [HOA_OLD]: [parcel('3', held([HOA_OLD], NAME))] };
      await expect(followLinks(operation, [owned], person)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('is not told where that cannot be read', async () => {
      const operation = operationOf();
      const fault = new HubError('SOURCE_MALFORMED', 'land: LandParcel.heldBy: no number');
      told.rows = { [HOA]: [{ id: '1', heldBy: fault }] };
      await expect(followLinks(operation, [owned], await hoa(operation))).rejects.toBe(fault);
    });

    it('names the others in the log, and remembers whose it was found to be', async () => {
      const operation = operationOf();
      told.rows = { [HOA]: [parcel('1', held([HOA]), held(['001190000099']))] };
      const person = await hoa(operation);
      const [found] = (await followLinks(operation, [owned], person)) as readonly Mapped[];
      expect(told.shown).toEqual(['001190000099 NAMED']);
      expect(ownersOf(operation).get(found as Mapped)).toBe(person.identity);
    });
  });

  it('is one field of the record where that is meant, or nothing', async () => {
    const operation = operationOf();
    told.rows = { [HOA]: [{ id: '1', sheet: '7' }, { id: '2' }] };
    expect(await followLinks(operation, [linkTo({ pick: 'sheet' })], await hoa(operation))).toEqual(['7', null]);
  });

  describe('may say which numbers are one person’s', () => {
    const states = linkTo({ states: 'numbers' });

    it('and they are remembered where that is news', async () => {
      const operation = operationOf();
      const news = [HOA, '022222222'];
      told.rows = {
        [HOA]: [
          { id: '1', numbers: news },
          { id: '2', numbers: [HOA, HOA_OLD] },
          { id: '3', numbers: ['033333333'] },
          { id: '4', numbers: `${HOA} 044444444` },
          { id: '5' },
        ],
      };
      await followLinks(operation, [states], await hoa(operation));
      expect(told.remembered).toEqual([[news, { sector: 'land', at: NOW }]]);
    });

    it('which no answer waits for while they cannot be remembered, and nothing else is', async () => {
      told.storeFails = true;
      const operation = operationOf();
      told.rows = { [HOA]: [{ id: '1', numbers: [HOA, '022222222'] }] };
      expect(idsOf(await followLinks(operation, [states], await hoa(operation)))).toEqual(['1']);
      told.remembered = [];
      await followLinks(operation, [linkTo()], await hoa(operation));
      await followLinks(operation, [linkTo({ states: 'numbers', holders: 'none', part: true })], {
        personalNumbers: [HOA],
      });
      expect(told.remembered).toEqual([]);
    });
  });
});
