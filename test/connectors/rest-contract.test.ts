import { rest } from '../../connectors/rest.ts';
import type { Field } from '../../core/declaration.ts';
import { type Asked, type Reply, type RestServer, restServer } from './rest-server.ts';
import { sourceContract } from './source-contract.ts';

const field = (path: string): Field => ({ from: [path], read: (raw) => raw });

interface Person {
  readonly NO: string;
}

interface Business {
  readonly code: string;
  readonly name: string;
  readonly old: string | null;
  /** As the wire has it: one, several or null. */
  readonly people: Person | readonly Person[] | null;
}

const BUSINESSES: readonly Business[] = [
  { code: '6001234567', name: 'CÔNG TY TNHH Nguyễn Văn Hòa', old: '0042', people: { NO: '066083000123' } },
  { code: '6001234567-001', name: 'Chi nhánh', old: null, people: [{ NO: '066083000123' }, { NO: '240123456' }] },
  { code: 'aB1', name: 'ma', old: '1', people: [] },
  { code: 'AB1', name: 'mã', old: '2', people: null },
  { code: 'h\u00f2a', name: 'H\u2019Hen Niê', old: '3', people: [] },
];
const UNASKED: Business = { code: '6007777777', name: 'Không ai hỏi', old: null, people: null };

const FIELDS = ['Main.CODE', 'Main.NAME', 'Main.OLD', 'People[].NO'];

const wire = ({ code, name, old, people }: Business) => ({
  Main: { CODE: code, NAME: name, OLD: old },
  People: people,
});

const row = ({ code, name, old, people }: Business) => ({
  'Main.CODE': code,
  'Main.NAME': name,
  'Main.OLD': old,
  'People[].NO': people === null ? [] : [people].flat().map(({ NO }) => NO),
});

function answer({ url, body }: Asked): Reply {
  if (url === '/api/auth') return { session: 's-1', error_code: '00' };
  if (body?.session !== 's-1') return { error_code: '01', data: null };
  if (url === '/api/get') {
    const codes = body.codes as string[];
    // In no promised order, what is unknown left out, a single record not in a list, and one that nobody asked for.
    const found = BUSINESSES.filter(({ code }) => codes.includes(code))
      .map(wire)
      .reverse();
    return { error_code: 0, data: found.length === 1 ? found[0] : [...found, wire(UNASKED)] };
  }
  const limit = Number(body.limit);
  return { error_code: '00', data: BUSINESSES.slice(0, limit).map(wire) };
}

function open(url: string) {
  const source = rest({
    url: 'URL',
    auth: rest.session({
      path: '/auth',
      credentials: ['USERNAME', 'PASSWORD'],
      body: ({ USERNAME, PASSWORD }) => ({ username: USERNAME, password: PASSWORD }),
      token: 'session',
      place: { body: 'session' },
      expired: (reply) => (reply as { error_code?: unknown }).error_code === '01',
    }),
    failure: (reply) => {
      const { error_code: code } = reply as { error_code?: unknown };
      return Number(code) === 0 ? undefined : String(code);
    },
  });
  const entity = source.entity({
    type: 'Business',
    identity: ['code'],
    fields: { code: field('Main.CODE') },
    lookups: {
      byCode: {
        batchSize: 20,
        request: (codes) => ({ method: 'POST', path: '/get', body: { codes } }),
        rows: 'data',
        keys: ['Main.CODE'],
      },
    },
    search: {
      request: ({ name }, limit) => ({ method: 'POST', path: '/search', body: { name, limit } }),
      rows: 'data',
    },
  });
  const settings = { URL: url, USERNAME: 'lienthong-user', PASSWORD: 'mot-cua-2026' };
  return source.open({ sector: 'business', settings, entities: { businesses: entity }, warn: () => {} });
}

sourceContract('rest', async () => {
  const server: RestServer = await restServer(answer);
  const source = open(`${server.url}/api`);
  return {
    source,
    entity: 'businesses',
    lookup: 'byCode',
    batchSize: 20,
    fields: FIELDS,
    keyField: 'Main.CODE',
    known: BUSINESSES.map(({ code }) => code),
    unknownKey: '6009999999',
    expected: (key) => BUSINESSES.filter(({ code }) => code === key).map(row),
    twins: [['aB1', 'AB1']],
    secrets: [String(server.port), '/api', '/get', 'lienthong-user', 'mot-cua-2026', 's-1'],
    hang: server.hang,
    break: server.break,
    repair: server.repair,
    calls: () => server.asked.filter(({ url }) => url !== '/api/auth').length,
    dead: () => open('http://127.0.0.1:1'),
    search: { criteria: { name: 'a' }, matches: BUSINESSES.length },
    close: async () => {
      await source.close();
      await server.close();
    },
  };
});
