import type { Action, Actor, DataClass, DossierFacts, Relation, StatedPurpose } from '../core/access.ts';
import type { OperationEntry } from '../core/audit.ts';
import type { HubError } from '../core/errors.ts';

/** Access as one operation sees it. Made with the operation; everything it decides it decides through `can`. */
export interface OperationAccess {
  readonly actor: Actor;
  readonly purpose: StatedPurpose;
  /**
   * `Type.field`s of this operation that are refused to this actor, with the decision; empty for most. Also those below
   * a refused field.
   */
  readonly refused: ReadonlyMap<string, HubError>;
  /** Whether a field may be shown at all, by class and sector alone, for plans and mappers. @param place `Type.field` */
  mayRead(place: string): boolean;

  /**
   * Before a person is asked for. In a visit, an exact identifier takes one of its places.
   *
   * @param how IDENTIFIER: given by the client; LINK: reached from a record
   * @throws HubError FORBIDDEN, PURPOSE_REQUIRED, VISIT_FULL, VISIT_OVER
   */
  askPerson(numbers: readonly string[], how: 'IDENTIFIER' | 'LINK'): Promise<void>;
  /** Of a person found by name: whole, or only what a match shows. */
  seesMatch(numbers: readonly string[]): 'WHOLE' | 'MATCH';
  /**
   * Before a record is asked for by an exact identifier of its own; in a visit it takes a place.
   *
   * @param key such as `land:landParcel:26500/1/60`
   * @throws HubError as askPerson
   */
  askRecord(sector: string, data: DataClass, key: string): Promise<void>;
  /** After a record was read, or found not to be there (`numbers` empty). @throws HubError FORBIDDEN */
  judgeRecord(
    sector: string,
    data: DataClass,
    record: { readonly key: string; readonly numbers: readonly string[]; readonly found: boolean },
  ): void;
  /**
   * Of a dossier at hand.
   *
   * @returns course: false where it is as if the dossier were not there; personal: the error of its personal fields,
   * null where they may be shown
   */
  judgeDossier(facts: DossierFacts): {
    readonly course: boolean;
    readonly personal: HubError | null;
    readonly relation: Relation;
  };
  /** In a visit, a dossier asked for by its code takes a place. @throws HubError as askPerson */
  askDossier(code: string): Promise<void>;
  /** Agency codes, in every order, to which lists are narrowed. Null: to none; empty: nothing is seen. */
  unitsSeen(): readonly string[] | null;
  /** Before a mutation or something of the hub itself. @throws HubError FORBIDDEN, PURPOSE_REQUIRED */
  demand(action: Action, data: DataClass, unit?: string | null): void;

  /** Notes a person in the answer; twice is once. */
  shown(number: string, relation: Relation, dossier?: string | null): void;
  /** Notes a system that was asked: a sector's folder, or `index`. */
  asked(sector: string): void;
  /** Notes what a reading of the log or of visits is for. */
  sought(what: NonNullable<OperationEntry['sought']>): void;
}
