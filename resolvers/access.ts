import { bearerOf, isTwelve, wordsInVisit } from '../core/access/bearers.ts';
import type {
  Action,
  Actor,
  Can,
  DataClass,
  Decision,
  DossierFacts,
  Relation,
  Resource,
  StatedPurpose,
} from '../core/access.ts';
import type { Sought } from '../core/audit.ts';
import type { RecordHolder } from '../core/declaration.ts';
import type { HubError } from '../core/errors.ts';
import type { Visit, Visits } from '../store/visits.ts';
import type { AccessRules } from './access-rules.ts';
import { fromStore } from './index-loaders.ts';
import { type RefusedThing, refusal, visitFull, visitOver } from './refusals.ts';

/** Access as one operation sees it. Made with the operation; everything it decides it decides through `can`. */
export interface OperationAccess {
  readonly actor: Actor;
  readonly purpose: StatedPurpose;
  /**
   * `Type.field`s of this operation that are refused to this actor, with the decision; empty for most. Also those below
   * a refused field.
   */
  readonly refused: ReadonlyMap<string, HubError>;
  /** The class of a field and the folder of its sector. @param place `Type.field` */
  classOf(place: string): { readonly data: DataClass; readonly sector: string };
  /** Whether the schema has the field: sectors also read some for links alone. @param place `Type.field` */
  isServed(place: string): boolean;

  /**
   * Before a person is asked for. In a visit, an exact identifier takes one of its places.
   *
   * @param how IDENTIFIER: given by the client; LINK: reached from a record
   * @returns how the person is tied to the purpose
   * @throws HubError FORBIDDEN, PURPOSE_REQUIRED, VISIT_FULL, VISIT_OVER
   */
  askPerson(numbers: readonly string[], how: 'IDENTIFIER' | 'LINK'): Promise<Relation>;
  /** After it is known who somebody is who was asked for, or linked to. @throws HubError as askPerson */
  judgePerson(people: readonly RecordHolder[], how: 'IDENTIFIER' | 'LINK'): void;
  /**
   * After it is known whose a number is that was asked for: in a visit, their place is that of all these words.
   *
   * @param words as `wordsOfFound` gives them
   */
  foundPerson(words: readonly string[]): Promise<void>;
  /** Before people are looked for by name. @throws HubError FORBIDDEN, PURPOSE_REQUIRED */
  askSearch(): void;
  /** Of a person found by name: whole, only what a match shows, or not at all: whoever asks for themself finds nobody else. */
  seesMatch(people: readonly RecordHolder[]): 'WHOLE' | 'MATCH' | 'NOTHING';
  /**
   * Before a record is asked for by an exact identifier of its own; in a visit it takes a place.
   *
   * @param key such as `land:landParcel:26500/1/60`
   * @throws HubError as askPerson
   */
  askRecord(sector: string, data: DataClass, key: string): Promise<void>;
  /** After a record was read, or found not to be there (`people` empty). @throws HubError FORBIDDEN */
  judgeRecord(
    sector: string,
    data: DataClass,
    record: { readonly key: string; readonly people: readonly RecordHolder[] },
  ): void;
  /**
   * Of a dossier at hand.
   *
   * @param data of the personal fields that are meant; PERSONAL when absent
   * @returns course: false where it is as if the dossier were not there; personal: the error of its personal fields,
   * null where they may be shown
   */
  judgeDossier(
    facts: DossierFacts,
    data?: DataClass,
  ): {
    readonly course: boolean;
    readonly personal: HubError | null;
    readonly relation: Relation;
  };
  /** In a visit, a dossier asked for by its code takes a place. @throws HubError as askPerson */
  askDossier(code: string): Promise<void>;
  /**
   * Agency codes, in every order, to which lists are narrowed. Null: to none; empty: nothing is seen. One's own dossiers are
   * not narrowed by units, but by the number: see `ownNumber`.
   *
   * @param data COURSE when absent
   */
  unitsSeen(data?: DataClass): readonly string[] | null;
  /** The number by which lists are narrowed for somebody who asks for themself; null for everybody else. */
  readonly ownNumber: string | null;
  /** Old numbers of theirs that are remembered as nobody else's: whether something that bears one is theirs, its name says. */
  readonly ownOldNumbers: ReadonlySet<string>;
  /** Before a mutation or something of the hub itself. @throws HubError FORBIDDEN, PURPOSE_REQUIRED */
  demand(action: Action, data: DataClass, unit?: string | null): void;

  /** Notes a person in the answer; twice is once. @param relation NAMED where they are only if nothing else ties them */
  shown(number: string, relation: Relation, dossier?: string | null): void;
  /** Notes a system that was asked: a sector's folder, or `index`. */
  asked(sector: string): void;
  /**
   * Notes what is looked for, whether or not it is found; twice is once.
   *
   * @returns takes the note back, where it turns out to be among what was shown
   */
  sought(what: Sought): () => void;
}

/** What the access of one operation is made from. */
export interface AccessOptions {
  readonly actor: Actor;
  readonly purpose: StatedPurpose;
  readonly refused: ReadonlyMap<string, HubError>;
  readonly can: Can;
  readonly rules: AccessRules;
  /** The open visit, where one was stated. */
  readonly visit: Visit | null;
  /** Most subjects of a visit. */
  readonly mostSubjects: number;
  readonly visits: Pick<Visits, 'takePlace' | 'sameSubject'>;
  readonly hashOf: (word: string) => string;
  /** Old numbers that are the actor's and nobody else's, where they ask for themself. */
  readonly ownOldNumbers: ReadonlySet<string>;
  /** Numbers remembered to be the same person's and nobody else's. */
  readonly pairedNumbers: (number: string) => Promise<readonly string[]>;
  unitsSeen(actor: Actor, data: DataClass): readonly string[] | null;
}

/** Whoever asks for a person by a number that does not count is told which numbers do. */
function thingAsked(decision: Decision, byDossier: 'party' | 'uncertain'): RefusedThing {
  if (decision.allowed) return 'record';
  return decision.why === 'NOT_SELF' ? 'self' : decision.why === 'NOT_A_SUBJECT' ? byDossier : 'record';
}

/** Access, with what it has noted of the answer. */
export interface NotedAccess extends OperationAccess {
  readonly notes: {
    readonly subjects: ReadonlyMap<
      string,
      { readonly number: string; readonly relation: Relation; readonly dossier: string | null }
    >;
    readonly systems: ReadonlySet<string>;
    /** What was looked for, in its order. */
    readonly sought: readonly Sought[];
  };
}

export function createAccess(options: AccessOptions): NotedAccess {
  const { actor, purpose, refused, can, rules, visit, mostSubjects, hashOf, ownOldNumbers } = options;
  const subjects = new Map<string, { number: string; relation: Relation; dossier: string | null }>();
  const systems = new Set<string>();
  /** Each with how often it was looked for and not taken back. */
  const sought = new Map<string, { readonly what: Sought; times: number }>();
  /** Hashes of what is in the visit by now, each with the one that has the place. */
  const placeOf = new Map([
    ...[...(visit?.subjects ?? [])].map((hash) => [hash, hash] as const),
    ...(visit?.aliases ?? []),
  ]);
  let placing: Promise<unknown> = Promise.resolve();

  const isPlaced = (word: string) => placeOf.size > 0 && placeOf.has(hashOf(word));
  const decide = (resource: Resource, words: readonly string[], supposed: readonly string[] = []): Decision => {
    if (purpose.visit === null) return can(actor, 'READ', resource, purpose);
    // A visit keeps its subjects as hashes: those that are asked about now are told to `can` as they are.
    const known = new Set([...words.filter(isPlaced), ...supposed]);
    return can(actor, 'READ', resource, { ...purpose, visit: { id: purpose.visit.id, subjects: known } });
  };
  /** Whoever is asked for by an old number of the actor's alone is the actor, or turns out to be two people. */
  const withOwn = (numbers: readonly string[]): readonly string[] =>
    actor.personalNumber !== null && numbers.length > 0 && numbers.every((number) => ownOldNumbers.has(number))
      ? [...numbers, actor.personalNumber]
      : numbers;
  const demanded = (decision: Decision, thing: RefusedThing): Relation => {
    if (!decision.allowed) throw refusal(decision, thing);
    return decision.relation;
  };

  /** One after the other, in the order in which they were asked for: then the same question is refused at the same place. */
  const takePlace = (words: readonly string[]): Promise<void> => {
    const taking = placing
      .catch(() => undefined)
      .then(async () => {
        const hashes = words.map(hashOf);
        const [first, ...others] = hashes;
        if (visit === null || first === undefined || hashes.some((hash) => placeOf.has(hash))) return;
        const outcome = await fromStore(options.visits.takePlace(visit.id, [first, ...others], mostSubjects));
        if (outcome === 'full') throw visitFull(mostSubjects);
        if (outcome === 'over') throw visitOver();
        placeOf.set(first, first);
      });
    placing = taking;
    return taking;
  };
  const judged = (people: readonly RecordHolder[], supposed: readonly string[] = []): Decision =>
    decide({ kind: 'person', sector: 'hub', data: 'PERSONAL', people }, people.flatMap(wordsInVisit), supposed);
  const withPairs = async (numbers: readonly string[]) =>
    bearerOf([...numbers, ...(await Promise.all(numbers.map(options.pairedNumbers))).flat()]);
  const isReception = purpose.code === 'RECEPTION';
  const isSelf = purpose.code === 'SELF';
  /** Whom a record names may be tied to the purpose by themself. */
  const tieOf = (number: string): Relation => {
    const decision = judged([bearerOf([number])]);
    return decision.allowed ? decision.relation : 'NAMED';
  };

  return {
    actor,
    purpose,
    refused,
    classOf: (place) => rules.of(place),
    isServed: (place) => rules.has(place),
    async askPerson(numbers, how) {
      if (isReception && how === 'IDENTIFIER') {
        const asked = bearerOf(numbers);
        const relation = demanded(judged([asked], wordsInVisit(asked)), 'record');
        await takePlace(numbers);
        return relation;
      }
      const direct = judged([bearerOf(withOwn(numbers))]);
      // Where the number of 12 digits is known, whoever else is remembered under an old one is somebody else.
      const isOpen = isReception && !direct.allowed && !numbers.some(isTwelve);
      const decision = isOpen ? judged([await withPairs(numbers)]) : direct;
      return demanded(decision, how === 'LINK' ? 'record' : thingAsked(decision, 'party'));
    },
    judgePerson(people, how) {
      // In a visit the place was given to whoever it is.
      if (isReception && how === 'IDENTIFIER') return;
      const decision = judged(people);
      demanded(decision, how === 'LINK' ? 'record' : thingAsked(decision, 'uncertain'));
    },
    async foundPerson(words) {
      if (!isReception || visit === null) return;
      const hashes = words.map(hashOf);
      const held = new Set(hashes.map((hash) => placeOf.get(hash)));
      if (held.size < 2) return;
      await fromStore(options.visits.sameSubject(visit.id, hashes));
      const [place] = [...held].filter((one) => one !== undefined);
      for (const hash of hashes) if (place !== undefined) placeOf.set(hash, place);
    },
    askSearch() {
      demanded(can(actor, 'READ', { kind: 'field', sector: 'hub', data: 'PERSONAL' }, purpose), 'operation');
    },
    seesMatch(people) {
      if (judged(people).allowed) return 'WHOLE';
      return isSelf ? 'NOTHING' : 'MATCH';
    },
    async askRecord(sector, data, key) {
      if (!isReception || data === 'PUBLIC') return;
      demanded(decide({ kind: 'record', sector, data, people: [], key }, [], [key]), 'record');
      await takePlace([key]);
    },
    judgeRecord(sector, data, { key, people }) {
      const words = [...people.flatMap(wordsInVisit), key];
      demanded(decide({ kind: 'record', sector, data, people, key }, words), 'record');
    },
    judgeDossier(dossier, data = 'PERSONAL') {
      const words = [...dossier.people.flatMap(wordsInVisit), `dossier:${dossier.code}`];
      const course = decide({ kind: 'dossier', data: 'COURSE', dossier }, words);
      if (!course.allowed) return { course: false, personal: refusal(course, 'record'), relation: 'NONE' };
      const personal = decide({ kind: 'dossier', data, dossier }, words);
      if (personal.allowed) return { course: true, personal: null, relation: personal.relation };
      return { course: true, personal: refusal(personal, 'record'), relation: 'NONE' };
    },
    async askDossier(code) {
      if (isReception) await takePlace([`dossier:${code}`]);
    },
    unitsSeen: (data = 'COURSE') => (isSelf && data === 'COURSE' ? null : options.unitsSeen(actor, data)),
    ownNumber: isSelf ? (actor.personalNumber ?? '') : null,
    ownOldNumbers,
    demand(action, data, unit = null) {
      demanded(can(actor, action, { kind: 'hub', data, unit }, purpose), 'operation');
    },
    shown(number, relation, dossier = null) {
      const key = `${number} ${dossier ?? ''}`;
      if (subjects.has(key)) return;
      subjects.set(key, { number, relation: relation === 'NAMED' ? tieOf(number) : relation, dossier });
    },
    asked: (sector) => systems.add(sector),
    sought(what) {
      const key = JSON.stringify(what);
      const noted = sought.get(key) ?? { what, times: 0 };
      noted.times += 1;
      sought.set(key, noted);
      return () => {
        noted.times -= 1;
      };
    },
    notes: {
      subjects,
      systems,
      get sought() {
        return [...sought.values()].flatMap(({ what, times }) => (times > 0 ? [what] : []));
      },
    },
  };
}
