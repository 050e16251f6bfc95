import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import { askHub } from '../../support/province.ts';
import type { Fortress } from '../stage.ts';
import { finderOf, identitiesOf, membersOf, type Parting } from './people.ts';
import { TOLD_DOSSIERS } from './titles.ts';
import { joined, type Words, wordsOf } from './words.ts';

/** Somebody who asks, with what they know and what they may never read. */
export interface Asker {
  /** Null: nobody. */
  readonly as: AccountName | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly words: Words;
  /** Of whom an answer tells who must not come up in it. */
  hidden(text: string): readonly string[];
}

const DOSSIERS = 12;
/** Fewer than a visit takes, so that those who asked keep being answered. */
const VISITORS = 4;

/** Everybody who asks. A visit ends by itself: whoever goes on for long makes them anew. */
export async function askersOf(target: Fortress, parting: Parting): Promise<readonly Asker[]> {
  const { world } = target.province;
  const everybody = membersOf(world, [...parting.open, ...parting.hidden]);
  const hiddenPeople = membersOf(world, parting.hidden);
  const find = {
    anybody: finderOf(identitiesOf(world, everybody)),
    hidden: finderOf(identitiesOf(world, hiddenPeople)),
  };
  const foreign = wordsOf(world, { families: parting.hidden, dossiers: parting.hiddenDossiers.slice(0, DOSSIERS) });
  const open = wordsOf(world, {
    families: parting.open.slice(0, 6),
    dossiers: parting.openDossiers.slice(0, DOSSIERS),
  });
  const own = wordsOf(world, { families: [0], dossiers: parting.openDossiers.slice(0, DOSSIERS) });
  const told = Object.values(TOLD_DOSSIERS).flat();
  const both = joined(open, { ...foreign, dossiers: [...foreign.dossiers, ...told, ...told] });

  const plain = (as: AccountName | null, purpose?: string): Asker => ({
    as,
    headers: purpose === undefined ? {} : { 'x-purpose': purpose },
    words: both,
    hidden: find.anybody,
  });
  const processing = parting.openDossiers.slice(0, DOSSIERS).map((index): Asker => {
    const { code, applicant } = world.dossier(index);
    const focus = wordsOf(world, { families: [], dossiers: [index], people: [applicant.person] });
    return {
      as: 'counter',
      headers: { 'x-purpose': 'PROCESSING', 'x-dossier': code },
      // Whom one may search for, one finds.
      words: joined(repeated(focus), { ...foreign, names: [] }),
      hidden: find.hidden,
    };
  });
  const visitors = membersOf(world, parting.open.slice(0, VISITORS)).filter((index) => index % 4 === 0);
  const reception: Asker = {
    as: 'counter',
    headers: { 'x-purpose': 'RECEPTION', 'x-visit': await openVisit(target) },
    words: wordsOf(world, {
      families: [],
      dossiers: parting.openDossiers.slice(0, 2),
      people: visitors.slice(0, VISITORS),
    }),
    hidden: find.hidden,
  };
  return [
    plain(null),
    plain('leader'),
    plain('leader', 'SUPERVISION'),
    plain('portal'),
    plain('admin', 'SUPERVISION'),
    plain('auditor', 'AUDIT'),
    plain('commune'),
    plain('counter'),
    { as: 'citizen', headers: {}, words: joined(repeated(own), foreign), hidden: find.hidden },
    { as: 'citizen', headers: {}, words: own, hidden: find.hidden },
    ...[reception, reception, reception],
    ...processing,
  ];
}

/** So that what stands first is not lost among many others. */
function repeated(words: Words): Words {
  const { together, ...lists } = words;
  const often = Object.entries(lists).map(([name, list]) => [name, Array.from({ length: 8 }, () => list).flat()]);
  return { ...(Object.fromEntries(often) as Omit<Words, 'together'>), together };
}

async function openVisit(target: Fortress): Promise<string> {
  const headers = { authorization: await target.bearer('counter') };
  const { data } = await askHub(target.url, 'mutation { openVisit { id } }', {}, headers);
  return data.openVisit.id as string;
}
