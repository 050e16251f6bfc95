import { afterEach, describe, expect, it } from 'vitest';
import { guardSource } from '../../connectors/guard.ts';
import { hasLongNumber } from '../../connectors/rest/answer.ts';
import { failureOf } from '../support/failure.ts';
import type { Reply } from './rest-server.ts';
import { caller, rowsOf, type Stage, stage } from './rest-stage.ts';

/** Stands for personal data in answers: no message and no cause may show it. */
const CANARY = '079301004213';

let staged: Stage | undefined;
afterEach(() => staged?.close());

async function answering(reply: Reply, spec: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  await staged?.close();
  staged = await stage(spec);
  staged.server.handle(() => reply);
  return staged;
}

const bytes = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}, status = 200): Reply => {
  return (response) => response.writeHead(status, headers).end(body);
};

/** Everything an error would show in an answer or a log. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}\n${error.stack}\n${error.cause === undefined ? '' : told(error.cause)}`;
}

describe('rest: an answer that is no answer', () => {
  const page = `<!DOCTYPE html><html><body>Lỗi ${CANARY}</body></html>`;
  const cases: readonly [title: string, reply: Reply, code: string, message: RegExp][] = [
    [
      'JSON that breaks off',
      bytes(`{"Data":[{"Code":"${CANARY}","Na`),
      'SOURCE_MALFORMED',
      /breaks off or is no JSON \(\d+ bytes\)$/,
    ],
    ['text that is no JSON', bytes(`x${CANARY}`), 'SOURCE_MALFORMED', /breaks off or is no JSON/],
    ['two answers in one', bytes('{"Data":[]}{"Data":[]}'), 'SOURCE_MALFORMED', /breaks off or is no JSON/],
    [
      'a page of HTML with status 200',
      bytes(page, { 'content-type': 'application/json' }),
      'SOURCE_MALFORMED',
      /came a page of HTML or XML/,
    ],
    [
      'a page of HTML with status 502',
      bytes(page, { 'content-type': 'text/html' }, 502),
      'SOURCE_UNAVAILABLE',
      /failed \(status 502\)$/,
    ],
    ['nothing with status 200', bytes(''), 'SOURCE_MALFORMED', /came an empty answer$/],
    ['nothing but blanks', bytes(' \r\n'), 'SOURCE_MALFORMED', /came an empty answer$/],
    ['status 204', bytes('', {}, 204), 'SOURCE_MALFORMED', /came an empty answer$/],
    [
      'a redirect',
      bytes('', { location: 'http://127.0.0.1:1/' }, 302),
      'SOURCE_MALFORMED',
      /came a redirect \(status 302\)$/,
    ],
    [
      'a refusal of the question',
      bytes(CANARY, {}, 422),
      'SOURCE_MALFORMED',
      /a refusal of the question \(status 422\)$/,
    ],
    ['a gateway that gave up', bytes('', {}, 504), 'SOURCE_TIMEOUT', /status 504/],
    [
      'Latin-1 said to be UTF-8',
      bytes(Buffer.from('{"Data":"hòa"}', 'latin1')),
      'SOURCE_MALFORMED',
      /expected text in utf-8, came 14 bytes/,
    ],
    [
      'an encoding nobody knows',
      bytes('{}', { 'content-type': 'application/json; charset=x-vps' }),
      'SOURCE_MALFORMED',
      /names an encoding nobody knows$/,
    ],
    [
      'UTF-16 without saying so',
      bytes(Buffer.from('\ufeff{"Data":[]}', 'utf16le')),
      'SOURCE_MALFORMED',
      /byte order mark of utf-16le/,
    ],
    ['compressed bytes nobody asked for', bytes('x', { 'content-encoding': 'gzip' }), 'SOURCE_MALFORMED', /compressed/],
    [
      'a list where an object is expected',
      [{ Data: [] }],
      'SOURCE_MALFORMED',
      /^Data: expected an object that holds Data, came a list$/,
    ],
    [
      'an object without the records',
      { data: [{ Code: CANARY }] },
      'SOURCE_MALFORMED',
      /^Data: expected a list of records, a record or null, came nothing$/,
    ],
    ['null', null, 'SOURCE_MALFORMED', /^Data: expected a list of records/],
  ];
  for (const [title, reply, code, message] of cases) {
    it(`is told as ${code} and shows no value: ${title}`, async () => {
      const { ask } = await answering(reply);
      const error = await failureOf(ask(['a']));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(told(error)).not.toContain(CANARY);
    });
  }

  it('is malformed, not unavailable, where the declaration’s own functions cannot judge it', async () => {
    const { ask } = await answering(null, { options: { failure: (answer) => (answer as { Error: string }).Error } });
    expect(await failureOf(ask(['a']))).toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'expected an answer as declared, came nothing',
    });
  });

  it('is cut at the largest size, before it is all there', async () => {
    let written = 0;
    const flood: Reply = (response) => {
      const chunk = Buffer.alloc(64 * 1024, 32);
      const pour = () => {
        while (written < 100 * 1024 * 1024 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', pour);
            return;
          }
        }
        response.end();
      };
      pour();
    };
    const { ask } = await answering(flood, { options: { maxBytes: 256 * 1024 } });
    const error = await failureOf(ask(['a']));
    expect([error.code, error.message]).toEqual(['SOURCE_MALFORMED', 'the answer is larger than 262144 bytes']);
    expect(written).toBeLessThan(20 * 1024 * 1024);
  });

  it('is cut by the deadline alone when it drips', async () => {
    let dripping: NodeJS.Timeout | undefined;
    const drip: Reply = (response) => {
      response.write('{"Data":[');
      dripping = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(dripping));
    };
    const { source, server } = await answering(drip);
    const guarded = guardSource(source, { sector: 'things', timeoutMs: 250, concurrency: 2, retries: 2 });
    const request = { entity: 'things', lookup: 'byCode', keys: ['a'], fields: ['Code'] };
    const start = performance.now();
    const error = await failureOf(guarded.read(request, { caller, signal: new AbortController().signal }));
    expect(performance.now() - start).toBeLessThan(1_000);
    expect([error.code, error.sector]).toEqual(['SOURCE_TIMEOUT', 'things']);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('is told as SOURCE_UNAVAILABLE when the connection breaks within it', async () => {
    const { ask } = await answering((response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"Data":[]}');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failureOf(ask(['a']))).code).toBe('SOURCE_UNAVAILABLE');
  });

  it('may be nested however deeply without harm', async () => {
    const deep = (inner: string) => `{"Data":{"Code":"a","X":${'['.repeat(200_000)}${inner}${']'.repeat(200_000)}}}`;
    const plain = await answering(bytes(deep('1')));
    expect(rowsOf((await plain.ask(['a']))[0])).toEqual([{ Code: 'a' }]);
    const careful = await answering(bytes(deep('9007199254740993')));
    const error = await failureOf(careful.ask(['a']));
    expect([error.code, error.message]).toEqual([
      'SOURCE_MALFORMED',
      expect.stringMatching(/came what is nested too deeply/),
    ]);
  });

  it('cannot change what all objects inherit, nor be read through it', async () => {
    const { ask } = await answering(
      bytes('{"Data":[{"__proto__":{"Code":"a","polluted":1},"Code":"b"},{"Code":"a","constructor":{"polluted":1}}]}'),
    );
    const [a, b] = await ask(['a', 'b'], ['Code', 'polluted', 'toString', 'hasOwnProperty.name']);
    expect([rowsOf(a), rowsOf(b)]).toEqual([[{ Code: 'a' }], [{ Code: 'b' }]]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('rest: an answer that says no', () => {
  it('asks for patience in seconds or by a date, and is repeated after that', async () => {
    const { ask, server } = await answering(bytes('', { 'retry-after': '2' }, 429));
    expect(await failureOf(ask(['a']))).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      retryable: true,
      retryAfterMs: 2_000,
    });
    server.handle(() => bytes('', { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }, 503));
    const { retryAfterMs = 0 } = await failureOf(ask(['a']));
    expect(Math.abs(retryAfterMs - 30_000)).toBeLessThan(2_000);
    for (const odd of ['soon', '-5', '999999999', new Date(0).toUTCString()]) {
      server.handle(() => bytes('', { 'retry-after': odd }, 503));
      expect((await failureOf(ask(['a']))).retryAfterMs).toBeUndefined();
    }
  });

  it('with HTTP 200 is a failure where the declaration knows how, its text shown only if it is a code', async () => {
    const failure = (answer: unknown) => {
      const { Error: code } = answer as { Error?: string };
      return code === 'BUSY' ? { busy: code } : code;
    };
    const { ask, server } = await answering({ Error: 'E20' }, { options: { failure } });
    expect(await failureOf(ask(['a']))).toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'the system refused the question (E20)',
    });
    server.handle(() => ({ Error: 'error_code 17' }));
    expect((await failureOf(ask(['a']))).message).toBe('the system refused the question (error_code 17)');
    server.handle(() => ({ Error: null, Data: [] }));
    expect(await ask(['a'])).toEqual([[]]);
    server.handle(() => ({ Error: 'BUSY' }));
    expect(await failureOf(ask(['a']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    for (const text of [`Không tìm thấy ${CANARY}`, CANARY, `so ${CANARY}`, 'Nguyen Hoa']) {
      server.handle(() => ({ Error: text }));
      expect((await failureOf(ask(['a']))).message).toBe('the system refused the question (its code is not shown)');
    }
  });
});

describe('rest: text', () => {
  it('is read in the encoding that Content-Type or the declaration names, as NFC', async () => {
    const utf16 = Buffer.from('{"Data":{"Code":"a","Name":"Hòa"}}', 'utf16le');
    const named = await answering(bytes(utf16, { 'content-type': 'application/json; charset="UTF-16LE"' }));
    expect(rowsOf((await named.ask(['a'], ['Name']))[0])).toEqual([{ Name: 'Hòa' }]);

    const cp1258 = Buffer.from([...Buffer.from('{"Data":{"Code":"a","Name":"H'), 0x6f, 0xcc, ...Buffer.from('a"}}')]);
    const declared = await answering(bytes(cp1258), { options: { encoding: 'cp1258' } });
    expect(rowsOf((await declared.ask(['a'], ['Name']))[0])).toEqual([{ Name: 'H\u00f2a' }]);
  });

  it('may begin with a byte order mark of UTF-8', async () => {
    const { ask } = await answering(bytes('\ufeff{"Data":{"Code":"a"}}'));
    expect(rowsOf((await ask(['a']))[0])).toEqual([{ Code: 'a' }]);
  });
});

describe('rest: the search for long numbers', () => {
  it('finds every run of sixteen digits and points and none of fifteen', () => {
    for (let shift = 0; shift < 40; shift += 1) {
      for (const [run, found] of [
        ['1'.repeat(16), true],
        ['123456789012.345', true],
        ['1'.repeat(15), false],
      ] as const) {
        expect(hasLongNumber(`${'x'.repeat(shift)}${run}`)).toBe(found);
        expect(hasLongNumber(`${'x'.repeat(shift)}${run}${'x'.repeat(20)}1`)).toBe(found);
      }
    }
  });
});
