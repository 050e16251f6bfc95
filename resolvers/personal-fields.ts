import { type DataClass, isPersonal } from '../core/access.ts';
import type { HubError } from '../core/errors.ts';
import type { Operation } from './operation.ts';

/** A field that was asked for, and its class of data. */
interface PersonalField {
  readonly field: string;
  readonly data: DataClass;
}

/** What is asked for of a type that says something about people, as its `@access` has it. */
export function personalFields(operation: Operation, type: string): readonly PersonalField[] {
  const { access, plan } = operation;
  return operation.once(`personal fields of ${type}`, () =>
    [...plan.fieldsOf(type)].flatMap((field) => {
      const place = `${type}.${field}`;
      if (!access.isServed(place)) return [];
      const { data } = access.classOf(place);
      return isPersonal(data) ? [{ field, data }] : [];
    }),
  );
}

/**
 * The errors that stand in the place of fields, each class judged as itself.
 *
 * @param judge gives the refusal of a class, null where it may be shown
 */
export function refusedFields(
  fields: readonly PersonalField[],
  judge: (data: DataClass) => HubError | null,
): ReadonlyMap<string, HubError> {
  const refusals = new Map([...new Set(fields.map(({ data }) => data))].map((data) => [data, judge(data)]));
  return new Map(
    fields.flatMap(({ field, data }) => {
      const refused = refusals.get(data);
      return refused ? [[field, refused] as const] : [];
    }),
  );
}
