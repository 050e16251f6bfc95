import { describe, expect, it } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import { byCode, field } from './rest-stage.ts';

describe('rest: a declaration that cannot be', () => {
  const declare = (lookup: Partial<typeof byCode>, auth?: Parameters<typeof rest>[0]['auth']) => () =>
    rest({ url: 'URL', auth }).entity({
      type: 'Person',
      identity: ['number'],
      fields: { number: field('No') },
      lookups: { byNumber: { ...byCode, ...lookup } },
    });

  it('is refused where a key gets into the address, unless it is declared to be nobody’s', () => {
    const inPath = {
      batchSize: 1,
      request: ([key]: readonly unknown[]) => ({ method: 'GET', path: `/p/${key}` }) as const,
    };
    const inQuery = {
      request: (keys: readonly unknown[]) => ({ method: 'GET', path: '/p', query: { n: keys.map(String) } }) as const,
    };
    const asNumber = {
      batchSize: 1,
      request: ([key]: readonly unknown[]) => ({ method: 'GET', path: `/p/${Number(key)}` }) as const,
    };
    for (const lookup of [inPath, inQuery, asNumber]) {
      expect(declare(lookup)).toThrow(/^Person, lookup byNumber puts what is asked for into the address/);
    }
    expect(declare({ ...inQuery, keyInUrl: 'not personal' })).not.toThrow();
    expect(declare({ ...inPath, keyInUrl: 'not personal' })).toThrow(/use encodeURIComponent/);
  });

  it('is refused where a search puts a name into the address', () => {
    const search = {
      request: ({ name = '' }) => ({ method: 'GET', path: '/search', query: { name } }) as const,
      rows: 'Data',
    };
    const declared = () => rest({ url: 'URL' }).entity({ type: 'P', identity: [], fields: {}, lookups: {}, search });
    expect(declared).toThrow(/^P, search puts what is asked for into the address/);
  });

  it('is refused with a place and a remedy for each fault', () => {
    const inBody = rest.session({
      path: '/a',
      credentials: [],
      body: () => ({}),
      token: 't',
      place: { body: 'session' },
    });
    expect(declare({ batchSize: 0 })).toThrow(
      'Person, lookup byNumber: batchSize has to be a whole number from 1 to 1000',
    );
    expect(declare({ keys: [] })).toThrow(/keys has to say where/);
    expect(declare({ keys: ['a..b'] })).toThrow(/"a\.\.b" is not a path/);
    expect(declare({ rows: '__proto__' })).toThrow(/is not a path/);
    expect(declare({ absent: [404] })).toThrow(/absent needs batchSize 1/);
    expect(declare({ keyParts: 2 })).toThrow(/read by a function/);
    expect(declare({ request: () => ({ method: 'POST', path: 'records', body: {} }) })).toThrow(/begin with \//);
    expect(declare({ request: () => ({ method: 'POST', path: '/r' }) }, inBody)).toThrow(
      /every request needs a body or a form/,
    );
    expect(
      declare({
        request: () => {
          throw new Error('no');
        },
      }),
    ).toThrow(/cannot be made for every text/);
  });

  it('states its capabilities as data', () => {
    const declared = rest({ url: 'URL' });
    const entity = declared.entity({ type: 'P', identity: [], fields: {}, lookups: { byCode } });
    expect(declared.capabilities({ people: entity })).toEqual({
      protocol: 'rest',
      search: false,
      batchSizes: { 'people.byCode': 20 },
    });
  });
});
