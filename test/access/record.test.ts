import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { LinkDeclaration, QueryDeclaration, SectorDeclaration } from '../../core/declaration.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { accessRulesOf } from '../../resolvers/access-rules.ts';
import { checkSchema } from '../../resolvers/check-schema.ts';

const sectorOf = (declared: Partial<SectorDeclaration>): OpenSector => {
  const declaration: SectorDeclaration = {
    ...{ title: 'Đất đai', settings: {}, sources: {}, entities: {}, queries: {}, links: {}, identity: [] },
    ...declared,
  };
  return { id: 'land', declaration, sources: new Map() };
};
const faultsOf = (sdl: string, declared: Partial<SectorDeclaration>) => {
  const directive =
    'directive @access(data: DataClass!) on FIELD_DEFINITION | OBJECT enum DataClass { PUBLIC PERSONAL SENSITIVE }';
  const rules = accessRulesOf([{ sector: 'land', sdl }], []);
  return checkSchema(buildSchema(`${directive} ${sdl}`), [sectorOf(declared)], rules);
};

describe('A record that can be asked for by an identifier of its own', () => {
  const parcel = (declared: Partial<QueryDeclaration>) => ({
    queries: { landParcel: { to: 'parcel', by: 'number', key: () => null, ...declared } },
  });
  const sdlOf = (data: string) => `type Query { landParcel(id: ID!): String @access(data: ${data}) }`;

  it.each(['PERSONAL', 'SENSITIVE'])('has to say whom it is about where it is %s', (data) => {
    expect(faultsOf(sdlOf(data), parcel({}))).toEqual([
      'sectors/land: queries.landParcel holds personal data: declare `holders`, the field that says whose it is',
    ]);
    expect(faultsOf(sdlOf(data), parcel({ holders: 'heldBy' }))).toEqual([]);
  });

  it('does not have to where anybody may read it', () => {
    expect(faultsOf(sdlOf('PUBLIC'), parcel({}))).toEqual([]);
  });
});

describe('A record that another one leads to', () => {
  const sdlOf = (data: string, type = '[Certificate]') => `
    type Query { landParcel: Parcel @access(data: PERSONAL) }
    type Parcel @access(data: ${data}) { certificates: ${type} }
    type Certificate @access(data: PERSONAL) { serial: ID }
    type Citizen @access(data: PERSONAL) { parcels: [Parcel!] }`;
  const link = (declared: Partial<LinkDeclaration>): LinkDeclaration => ({
    ...{ to: 'certificate', by: 'parcel', needs: [], keys: () => [], list: true },
    ...declared,
  });
  const linked = (declared: Partial<LinkDeclaration>, others: Partial<SectorDeclaration> = {}) => ({
    links: { 'Parcel.certificates': link(declared) },
    ...others,
  });

  it.each(['PERSONAL', 'SENSITIVE'])('has to say whom it is about where it is %s', (data) => {
    expect(faultsOf(sdlOf(data), linked({}))).toEqual([
      'sectors/land: links.Parcel.certificates holds personal data: declare `holders`, the field that says whose it is, or `part` where it is no record of its own',
    ]);
    expect(faultsOf(sdlOf(data), linked({ holders: 'heldBy' }))).toEqual([]);
  });

  it.each(['Dossier', 'Business'])('has to say so as well where a sector hangs it on a %s', (type) => {
    const sdl = `type Query { one: ${type} @access(data: PUBLIC) }
      type ${type} @access(data: PUBLIC) { permits: [Permit] @access(data: PERSONAL) }
      type Permit @access(data: PERSONAL) { number: ID }`;
    const permits = (declared: Partial<LinkDeclaration>) => ({ links: { [`${type}.permits`]: link(declared) } });
    expect(faultsOf(sdl, permits({}))).toEqual([expect.stringContaining(`links.${type}.permits holds personal data`)]);
    expect(faultsOf(sdl, permits({ holders: 'heldBy' }))).toEqual([]);
  });

  it('does not have to where anybody may read it, where it is part of the other, or where it is a person', () => {
    expect(faultsOf(sdlOf('PUBLIC'), linked({}))).toEqual([]);
    expect(faultsOf(sdlOf('PERSONAL'), linked({ part: true }))).toEqual([]);
    expect(faultsOf(sdlOf('PERSONAL', 'Citizen'), linked({ to: 'Citizen', by: undefined, list: false }))).toEqual([]);
  });

  it('is no part of the other where it can be reached without it', () => {
    const fault =
      'sectors/land: links.Parcel.certificates is declared as part of what it hangs on, but certificate is asked for elsewhere too: declare `holders`';
    const query = { to: 'certificate', by: 'serial', key: () => null };
    const asked = linked({ part: true }, { queries: { landCertificate: query } });
    expect(faultsOf(sdlOf('PERSONAL'), asked)).toEqual([fault]);
    const held = link({ holders: 'heldBy' });
    const reached = { links: { 'Parcel.certificates': link({ part: true }), 'Citizen.parcels': held } };
    expect(faultsOf(sdlOf('PERSONAL'), reached)).toEqual([fault]);
  });

  it('is one of a list that may lose an element', () => {
    expect(faultsOf(sdlOf('PERSONAL', '[Certificate!]'), linked({ holders: 'heldBy' }))).toEqual([
      'sectors/land: links.Parcel.certificates may be refused in part: the elements of its list must be nullable, or one that is refused takes the others along',
    ]);
    expect(faultsOf(sdlOf('PERSONAL', '[Certificate!]'), linked({ part: true }))).toEqual([]);
  });
});
