import type { Contestant } from './options.ts';
import { COUNTER_LIST } from './tables/one-stop-rows.ts';

/**
 * Everything the land office and the one-stop software know of a person, as far as whoever works on one of the person's
 * dossiers may see it: how the others stand, and not what is in them. Ids and cursors are left out, since each server
 * would make its own.
 */
const EVERYTHING = `
  personalNumbers fullName birthDate gender
  statements { sector fullName birthDate gender personalNumbers }
  landParcels {
    oldCommune oldDistrict sheet parcel oldSheet oldParcel area legalArea notedArea address disputed
    uses { codes area term until }
    holders { fullName order since }
    certificates { serial registerNumber barcode registeredOn issuedOn issuedBy signedBy }
  }
  landCertificates { serial registerNumber barcode registeredOn issuedOn issuedBy signedBy }
  dossiers(first: 5) {
    totalCount
    nodes {
      code procedure { code title } sectors agency { code title } channel
      status statusNumber statusTitle sourceStatus { sector code title occurredAt }
      receivedAt dueAt finishedAt returnedAt timeliness
      missing { sector code retryable }
    }
    missing { sector code retryable }
  }
`;

/** Of the README's question, what these two systems can say. */
const README = `
  fullName birthDate personalNumbers
  statements { sector fullName personalNumbers }
  landParcels { sheet parcel area uses { codes } certificates { serial issuedOn } }
  dossiers(first: 5) {
    nodes { code procedure { title } status timeliness dueAt sectors }
    missing { sector code }
  }
`;

/** Who is asked: a person with whom a dossier is at hand, the counter's list, or the list of one agency's dossiers. */
type Subject = 'person' | 'counter list' | 'agency';

interface Question {
  readonly text: string;
  readonly about: Subject;
  readonly askedOf: readonly Contestant[];
}

const HUBS: readonly Contestant[] = ['hub', 'hub-open'];
const ALL: readonly Contestant[] = [...HUBS, 'mercurius', 'yoga', 'bare'];

const QUESTIONS = {
  one: { about: 'person', askedOf: ALL, text: `query One($id: ID!) { citizen(id: $id) { ${EVERYTHING} } }` },
  fifty: {
    about: 'counter list',
    askedOf: ALL,
    text: `query Fifty($code: ID!) { counterList(code: $code) { people { ${EVERYTHING} } } }`,
  },
  small: {
    about: 'person',
    askedOf: [...HUBS, 'mercurius', 'apollo', 'bare'],
    text: 'query Small($id: ID!) { citizen(id: $id) { fullName } }',
  },
  readme: { about: 'person', askedOf: HUBS, text: `query Readme($id: ID!) { citizen(id: $id) { ${README} } }` },
  list: {
    about: 'agency',
    askedOf: HUBS,
    text: `query List($agency: ID!) {
      dossiers(first: 20, filter: { agency: $agency }) {
        nodes { code procedure { code title } sectors status statusTitle receivedAt dueAt timeliness }
      }
    }`,
  },
} as const satisfies Readonly<Record<string, Question>>;

export type QueryName = keyof typeof QUESTIONS;
export const QUERY_NAMES = Object.keys(QUESTIONS) as readonly QueryName[];

export function isAsked(name: QueryName, contestant: Contestant): boolean {
  return (QUESTIONS[name] as Question).askedOf.includes(contestant);
}

/** Of the made-up province, whom and what is asked about. */
export interface Subjects {
  /** Person's number → a dossier of theirs. */
  readonly dossiers: ReadonlyMap<string, string>;
  /** Names everybody on the counter list. */
  readonly jointDossier: string;
  /** The agency with the most dossiers. */
  readonly agency: string;
}

/** One request, the same for every server. */
export interface BenchRequest {
  /** Tells its answer from those of other requests. */
  readonly key: string;
  readonly body: string;
  /** Who asks and what for, where a server wants to know: whoever works on the dossier, or leads the agency. */
  readonly asker: { readonly dossier: string } | { readonly agency: string };
}

/** What an answer is told from others by: as the server that only sends bytes reads it. */
export function keyOf({ operationName, variables }: { operationName: string; variables: object }): string {
  return `${operationName} ${Object.values(variables)}`;
}

const PEOPLE = 20;

/** The requests of a query: about twenty people in turn, as no counter asks about one only. */
export function requestsOf(name: QueryName, subjects: Subjects): readonly BenchRequest[] {
  const { text, about } = QUESTIONS[name];
  const operationName = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const request = (variables: object, asker: BenchRequest['asker']): BenchRequest => {
    const body = { operationName, query: text, variables };
    return { key: keyOf(body), body: JSON.stringify(body), asker };
  };
  const { agency, jointDossier, dossiers } = subjects;
  if (about === 'counter list') return [request({ code: COUNTER_LIST }, { dossier: jointDossier })];
  if (about === 'agency') return [request({ agency }, { agency })];
  return [...dossiers].slice(0, PEOPLE).map(([id, dossier]) => request({ id }, { dossier }));
}
