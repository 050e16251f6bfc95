import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { QueryDeclaration, SectorDeclaration } from '../../core/declaration.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { checkSchema } from '../../resolvers/check-schema.ts';

const parcel = (declared: Partial<QueryDeclaration>): OpenSector => {
  const query = { to: 'parcel', by: 'number', key: () => null, ...declared };
  const declaration: SectorDeclaration = {
    ...{ title: 'Đất đai', settings: {}, sources: {}, entities: {}, links: {}, identity: [] },
    queries: { landParcel: query },
  };
  return { id: 'land', declaration, sources: new Map() };
};
const schemaOf = (data: string) =>
  buildSchema(`
    directive @access(data: DataClass!) on FIELD_DEFINITION
    enum DataClass { PUBLIC PERSONAL SENSITIVE }
    type Query { landParcel(id: ID!): String @access(data: ${data}) }`);

describe('A record that can be asked for by an identifier of its own', () => {
  it.each(['PERSONAL', 'SENSITIVE'])('has to say whom it is about where it is %s', (data) => {
    expect(checkSchema(schemaOf(data), [parcel({})])).toEqual([
      'sectors/land: queries.landParcel holds personal data: declare `holders`, the field that says whose it is',
    ]);
    expect(checkSchema(schemaOf(data), [parcel({ holders: 'heldBy' })])).toEqual([]);
  });

  it('does not have to where anybody may read it', () => {
    expect(checkSchema(schemaOf('PUBLIC'), [parcel({})])).toEqual([]);
  });
});
