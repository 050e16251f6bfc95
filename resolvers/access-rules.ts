import {
  type DirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
} from 'graphql';
import { DATA_CLASSES, type DataClass } from '../core/access.ts';
import type { SectorSdl } from './schema.ts';

/** Which class of data every field of the schema holds. */
export interface AccessRules {
  /**
   * @param place `Type.field`
   * @returns the field's class and the folder of the sector whose SDL has it; `hub` for the shared SDL
   * @throws Error for a field that no SDL has: what has no class is not served
   */
  of(place: string): AccessRule;
  /** Whether the schema has the field: sectors also read some for links alone. @param place `Type.field` */
  has(place: string): boolean;
  /** Every `Type.field`. */
  places(): readonly string[];
}

export interface AccessRule {
  readonly data: DataClass;
  readonly sector: string;
}

type TypeNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

/**
 * Reads the classes out of the SDL as it was written: once the folders are put together, nobody knows which one a field is from.
 *
 * @param sdl the shared SDL as sector `hub`, and the sectors' own, each in order
 * @param faults gathers the fields that have no class, one that is none, or two
 */
export function accessRulesOf(sdl: readonly SectorSdl[], faults: string[]): AccessRules {
  const rules = new Map<string, AccessRule>();
  for (const { sector, sdl: text } of sdl) {
    const fault = (place: string, what: string) => faults.push(`${fileOf(sector)}: ${place} ${what}`);
    for (const type of typesOf(text)) {
      // Stryker disable next-line ArrayDeclaration: the parser always gives a list; only its types do not say so
      for (const field of type.fields ?? []) {
        const place = `${type.name.value}.${field.name.value}`;
        const known = rules.get(place);
        const data = classOf(type, field);
        if (known !== undefined) fault(place, `stands in ${fileOf(known.sector)} already, where its class is said`);
        else if (data === null) fault(place, 'has no @access: say which class of data it holds');
        else if (!isDataClass(data)) fault(place, `@access: expected one of ${DATA_CLASSES.join(', ')}, came ${data}`);
        else rules.set(place, { data, sector });
      }
    }
  }
  return {
    of(place) {
      const rule = rules.get(place);
      if (rule === undefined) throw new Error(`No class of data is known of ${place}`);
      return rule;
    },
    has: (place) => rules.has(place),
    places: () => [...rules.keys()],
  };
}

function typesOf(sdl: string): readonly TypeNode[] {
  // Stryker disable next-line ArrayDeclaration: what has no fields is passed over
  if (sdl.trim() === '') return [];
  return parse(sdl).definitions.filter(
    (node): node is TypeNode => node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION,
  );
}

/** What an extension adds is somebody else's: the class of the type says nothing of it. */
function classOf(type: TypeNode, field: FieldDefinitionNode): string | null {
  const own = classIn(field.directives);
  return own ?? (type.kind === Kind.OBJECT_TYPE_DEFINITION ? classIn(type.directives) : null);
}

function classIn(directives: readonly DirectiveNode[] | undefined): string | null {
  // Stryker disable next-line OptionalChaining: the parser always gives lists; only its types do not say so
  const access = directives?.find(({ name }) => name.value === 'access');
  // Stryker disable next-line ArrayDeclaration: a directive without arguments has no class, whatever stands here
  const [argument] = access?.arguments ?? [];
  const value = argument?.value;
  if (value === undefined) return null;
  return 'value' in value ? String(value.value) : value.kind;
}

function isDataClass(text: string): text is DataClass {
  return DATA_CLASSES.some((name) => name === text);
}

function fileOf(sector: string): string {
  return sector === 'hub' ? 'schema/*.graphql' : `sectors/${sector}/schema.graphql`;
}
