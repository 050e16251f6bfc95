import { afterEach, describe, expect, it } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { failureOf } from '../support/failure.ts';
import { caller, rowsOf, type Stage, stage } from './rest-stage.ts';

let staged: Stage | undefined;
afterEach(() => staged?.close());

async function on(spec: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  staged = await stage(spec);
  return staged;
}

const options = () => ({ caller, signal: AbortSignal.timeout(5_000) });

describe('rest: handing records to keys', () => {
  it('goes by what each record states, whatever the order, and drops what nobody asked for', async () => {
    const { ask, server } = await on();
    server.handle(() => ({ Data: [{ Code: 'c' }, { Code: 'x' }, { Code: 'a', n: 1 }, { Code: 'a', n: 2 }] }));
    expect(await ask(['a', 'b', 'c'], ['Code', 'n'])).toEqual([
      [
        { Code: 'a', n: 1 },
        { Code: 'a', n: 2 },
      ],
      [],
      [{ Code: 'c', n: undefined }],
    ]);
  });

  it('gives one record to every key it states, once', async () => {
    const { ask, server } = await on({ lookup: { keys: ['Matched', 'Code'] } });
    server.handle(() => ({ Data: [{ Code: 'a', Matched: ['a', 'b', 'b', 'z'] }] }));
    expect((await ask(['a', 'b', 'c'])).map((answer) => rowsOf(answer).length)).toEqual([1, 1, 0]);
  });

  it('takes a list, a single record and null for many, one and none', async () => {
    const { ask, server } = await on();
    for (const [data, count] of [
      [[{ Code: 'a' }], 1],
      [{ Code: 'a' }, 1],
      [null, 0],
      [[], 0],
    ] as const) {
      server.handle(() => ({ Data: data }));
      expect(rowsOf((await ask(['a']))[0])).toHaveLength(count);
    }
  });

  it('brings asked and stated keys together where the declaration says how, and only there', async () => {
    const upper = await on({ lookup: { normaliseKey: (key) => key.toUpperCase() } });
    upper.server.handle(() => ({ Data: [{ Code: 'AB' }] }));
    expect((await upper.ask(['ab', 'AB'])).map((answer) => rowsOf(answer).length)).toEqual([1, 1]);
    await upper.close();
    const plain = await on();
    plain.server.handle(() => ({ Data: [{ Code: 'AB' }] }));
    expect((await plain.ask(['ab', 'AB'])).map((answer) => rowsOf(answer).length)).toEqual([0, 1]);
  });

  it('keeps keys of several parts apart that look alike when joined', async () => {
    const { ask, server } = await on({
      lookup: {
        keyParts: 2,
        request: (keys) => ({
          method: 'POST',
          path: '/register',
          body: { list: keys.map(([number, book]) => ({ number, book })) },
        }),
        keys: ({ number, book }) => [[String(number), String(book)]],
      },
    });
    server.handle(({ body }) => ({
      Data: Object.values(body?.list ?? [])
        .slice(1)
        .map((each) => ({ ...each, hit: true })),
    }));
    const answers = await ask(
      [
        ['a","b', 'c'],
        ['a', 'b","c'],
      ],
      ['hit'],
    );
    expect(answers.map((answer) => rowsOf(answer).length)).toEqual([0, 1]);
  });

  it('answers null for the key where a declared status says that there is none', async () => {
    const { ask, server } = await on({
      lookup: {
        batchSize: 1,
        absent: [404],
        keyInUrl: 'not personal',
        request: ([code]) => ({ method: 'GET', path: `/records/${encodeURIComponent(String(code))}` }),
      },
    });
    server.handle(({ url }) =>
      url === '/records/a%2Fb' ? { Data: { Code: 'a/b' } } : (response) => response.writeHead(404).end('<html>'),
    );
    expect(await ask(['a/b'])).toEqual([[{ Code: 'a/b' }]]);
    expect(await ask(['c'])).toEqual([null]);
    expect((await failureOf(ask(['..']))).code).toBe('BAD_USER_INPUT');
    expect(server.asked.map(({ url }) => url)).toEqual(['/records/a%2Fb', '/records/c']);
  });

  it('never says that there is nothing for a key whose record may be the one that states no key', async () => {
    const { ask, server, warnings } = await on();
    server.handle(() => ({ Data: [{ Code: 'a' }, { Name: 'Nguyễn Văn Hòa' }, 7] }));
    const [known, unknown] = await ask(['a', 'b']);
    expect(rowsOf(known)).toHaveLength(1);
    expect(unknown).toMatchObject({ code: 'SOURCE_MALFORMED', field: 'Data' });
    expect(warnings).toEqual(['Thing: Data: expected a key at Code, came nothing']);
  });

  it('reads deep fields, lists of one and the whole record, and a wrong value costs its own field', async () => {
    const { ask, server } = await on({ entity: { always: ['Main.NAME'] } });
    const paths = ['Main.NAME', 'People[].NO', 'People[]', 'Absent.X', 'Text.X', 'Code', ''];
    const record = { Code: 'a', People: { NO: '1' }, Text: 'bí mật', Main: null };
    server.handle(() => ({ Data: [record, { Code: 'b', Main: {} }] }));
    const answers = await ask(['a', 'b'], paths);
    const [first] = rowsOf(answers[0]);
    expect(first).toMatchObject({ 'Main.NAME': null, 'People[].NO': ['1'], 'People[]': [{ NO: '1' }], '': record });
    expect([first?.['Absent.X'], first?.['Text.X']]).toEqual([
      undefined,
      new FaultyValue('an object that holds Text.X', 'text of 6 characters'),
    ]);
    expect(rowsOf(answers[1])[0]?.['Main.NAME']).toEqual(new FaultyValue('a value at Main.NAME', 'nothing'));
  });
});

describe('rest: numbers', () => {
  it('loses no digit of a number that a float cannot hold', async () => {
    const { ask, server } = await on();
    const written =
      '{"Data":{"Code":"a","big":9007199254740993,"area":1234567890123456.78,"fine":1.00000000000000001,' +
      '"tiny":0.30000000000000004,"id":500123,"small":120.5,"round":1500000000000000,"negative":-9007199254740993}}';
    server.handle(() => (response) => response.end(written));
    const [answer] = await ask(['a'], ['big', 'area', 'fine', 'tiny', 'id', 'small', 'round', 'negative']);
    expect(rowsOf(answer)[0]).toEqual({
      big: '9007199254740993',
      area: '1234567890123456.78',
      fine: '1.00000000000000001',
      tiny: '0.30000000000000004',
      id: 500123,
      small: 120.5,
      round: 1_500_000_000_000_000,
      negative: '-9007199254740993',
    });
  });

  it('finds a long number wherever it stands in the answer', async () => {
    const { ask, server } = await on();
    for (let shift = 0; shift < 17; shift += 1) {
      server.handle(() => (response) => {
        response.end(`${' '.repeat(shift)}{"Data":{"Code":"a","n":9007199254740993}}`);
      });
      expect(rowsOf((await ask(['a'], ['n']))[0])[0]?.n).toBe('9007199254740993');
    }
  });
});

describe('rest: search', () => {
  const entity = {
    search: {
      request: ({ name = '' }, limit: number) => ({ method: 'POST', path: '/search', body: { name, limit } }) as const,
      rows: 'Data',
    },
  };
  const records = Array.from({ length: 10 }, (_, index) => ({ Code: String(index) }));
  const find = ({ source }: Stage, limit: number) =>
    source.search?.({ entity: 'things', criteria: { name: 'x' }, fields: ['Code'], limit }, options());

  it('asks for one more than wanted where the system does not say that there are more', async () => {
    const at = await on({ entity });
    at.server.handle(({ body }) => ({ Data: records.slice(0, Number(body?.limit)) }));
    expect(await find(at, 9)).toMatchObject({ more: true, rows: { length: 9 } });
    expect(await find(at, 10)).toMatchObject({ more: false, rows: { length: 10 } });
  });

  it('believes the system that says so, and doubts one that gives a full page of the most it may', async () => {
    const more = (answer: unknown) => (answer as { hasMore: string }).hasMore === 'True';
    const says = await on({ entity: { search: { ...entity.search, more } } });
    says.server.handle(({ body }) => ({ Data: records.slice(0, Number(body?.limit)), hasMore: 'True' }));
    expect(await find(says, 10)).toMatchObject({ more: true, rows: { length: 10 } });
    await says.close();

    const capped = await on({ entity: { search: { ...entity.search, most: 5 } } });
    capped.server.handle(({ body }) => ({ Data: records.slice(0, Number(body?.limit)) }));
    expect(await find(capped, 8)).toMatchObject({ more: true, rows: { length: 5 } });
    expect(capped.server.asked[0]?.body?.limit).toBe(5);
  });
});

describe('rest: the check', () => {
  it('signs in, and takes any answer for life but that of a proxy without a system', async () => {
    const at = await on({
      options: { auth: rest.clientCredentials({ path: '/token', clientId: 'K', clientSecret: 'S' }) },
      settings: { K: 'k', S: 's' },
    });
    let status = 404;
    at.server.handle(({ url }) =>
      url === '/token' ? { access_token: 't' } : (response) => response.writeHead(status).end(),
    );
    await at.source.check(options());
    await at.source.check(options());
    expect(at.server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /token', 'HEAD /', 'HEAD /']);
    status = 502;
    expect((await failureOf(at.source.check(options()))).code).toBe('SOURCE_UNAVAILABLE');
  });

  it('asks the declared probe and hears what it says', async () => {
    const failure = (answer: unknown) => (answer as { Error?: string }).Error;
    const at = await on({ options: { probe: { method: 'GET', path: '/health' }, failure } });
    at.server.handle(() => ({ Error: 'E99' }));
    expect((await failureOf(at.source.check(options()))).message).toBe('the system refused the question (E99)');
  });
});
