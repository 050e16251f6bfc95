import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';
import type { LogRecord } from '../../../core/event.ts';
import { securityCode } from '../../../sectors/land/stand-in/callbacks.ts';
import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import type { DropFormat } from '../stage.ts';
import type { Asker } from './askers.ts';
import { type Asked, documents } from './documents.ts';
import { oddText, spoilt } from './odd.ts';
import { titledCall } from './titles.ts';
import { anyFile, anyRecord, type Told } from './told.ts';

/** One thing that is thrown at the hub. */
export type Input =
  | { readonly kind: 'graphql'; readonly asker: Asker; readonly over: 'post' | 'stream'; readonly body: string }
  | {
      readonly kind: 'http';
      readonly as: AccountName | null;
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'token'; readonly over: 'http' | 'socket'; readonly spoil: SpoiltToken }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'frames'; readonly asker: Asker; readonly frames: readonly (string | Uint8Array)[] }
  | { readonly kind: 'call'; readonly route: string; readonly body: string }
  | { readonly kind: 'file'; readonly format: DropFormat; readonly bytes: Uint8Array }
  | { readonly kind: 'record'; readonly sector: string; readonly record: LogRecord };

/** What is done to a good token. */
export interface SpoiltToken {
  readonly segment: 0 | 1 | 2;
  /** Where in the segment, of its length; never its last character, some of whose bits mean nothing. */
  readonly at: number;
  readonly put: string;
}

export interface InputOptions {
  readonly schema: GraphQLSchema;
  readonly askers: readonly Asker[];
  /** Who and what calls, files and records tell of. */
  readonly told: Told;
}

/** Whatever may be thrown at a hub. */
export function anyInput({ schema, askers, told }: InputOptions): fc.Arbitrary<Input> {
  const kind = <const K extends Input['kind']>(name: K) => fc.constant(name);
  const asking = fc.constantFrom(...askers).chain((asker) => {
    const asked = documents(schema, asker.words);
    const whole = asked.map((one) => JSON.stringify(one));
    const body = fc.oneof(
      { weight: 9, arbitrary: whole },
      { weight: 2, arbitrary: asked.chain(spoiltText) },
      {
        weight: 1,
        arbitrary: whole.chain(spoilt),
      },
    );
    return fc.record({
      kind: kind('graphql'),
      asker: fc.constant(asker),
      over: fc.constantFrom<'post' | 'stream'>('post', 'post', 'post', 'post', 'post', 'post', 'post', 'stream'),
      body,
    });
  });
  const frames = fc
    .constantFrom(...askers)
    .chain((asker) => fc.record({ kind: kind('frames'), asker: fc.constant(asker), frames: framesOf(schema, asker) }));
  const token = fc.record({
    kind: kind('token'),
    over: fc.constantFrom<'http' | 'socket'>('http', 'http', 'socket'),
    spoil: fc.record({
      segment: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
      at: fc.double({ min: 0, max: 0.9, noNaN: true }),
      put: fc.oneof(fc.constantFrom('', '.', 'A', 'zz', '=', ' '), fc.base64String({ maxLength: 8 })),
    }),
  });
  const titled = titledCall(told).map((body) => JSON.stringify({ ...body, SecurityCode: securityCode }));
  const call = fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: kind('call'), route: fc.constantFrom(...ROUTES), body: calls(told) }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('call'), route: fc.constant(TITLED_ROUTE), body: titled }) },
  );
  const file = fc
    // A workbook takes a thread of its own, too dear to be thrown as often.
    .oneof(
      { weight: 8, arbitrary: fc.constantFrom<DropFormat>('csv', 'xml') },
      { weight: 1, arbitrary: fc.constant<DropFormat>('xlsx') },
    )
    .chain((format) => fc.record({ kind: kind('file'), format: fc.constant(format), bytes: anyFile(format, told) }));
  const record = anyRecord(told).map(({ sector, ...rest }) => ({ kind: 'record' as const, sector, record: rest }));
  return fc.oneof(
    { weight: 28, arbitrary: asking },
    { weight: 4, arbitrary: anyRequest() },
    { weight: 2, arbitrary: token },
    { weight: 4, arbitrary: anyBytes().map((bytes) => ({ kind: 'bytes' as const, bytes })) },
    { weight: 4, arbitrary: frames },
    { weight: 3, arbitrary: call },
    { weight: 2, arbitrary: file },
    { weight: 1, arbitrary: record },
  );
}

function spoiltText({ query, variables }: Asked): fc.Arbitrary<string> {
  const odd = fc.dictionary(fc.constantFrom('v0', 'v1', '__proto__'), fc.jsonValue(), { maxKeys: 2 });
  return fc
    .tuple(spoilt(query), fc.oneof(odd, fc.constant(variables)))
    .map(([text, values]) => JSON.stringify({ query: text, variables: values }));
}

/** A conversation that begins as it should and goes on as it should not. */
function framesOf(schema: GraphQLSchema, asker: Asker): fc.Arbitrary<readonly (string | Uint8Array)[]> {
  const init = JSON.stringify({ type: 'connection_init' });
  const payload = fc.oneof(documents(schema, asker.words, 'Subscription'), documents(schema, asker.words));
  const subscribe = fc
    .tuple(fc.constantFrom('1', '2', '__proto__', ''), payload)
    .map(([id, asked]) => JSON.stringify({ id, type: 'subscribe', payload: asked }));
  const frame = fc.oneof(
    { weight: 4, arbitrary: subscribe },
    { weight: 1, arbitrary: subscribe.chain(spoilt) },
    { weight: 1, arbitrary: oddText },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...[init, '{"type":"ping"}', '{"type":"pong"}', '{"type":"complete","id":"1"}', '{"type":"next","id":"1"}'],
      ),
    },
  );
  return fc
    .tuple(fc.constantFrom([init], [init], [init], []), fc.array(frame, { maxLength: 5 }))
    .map(([first, rest]) => [...first, ...rest]);
}

// What is no header at all never leaves the client.
const headerValue = fc.oneof(
  fc.constantFrom('RECEPTION', 'PROCESSING', 'SELF', 'AUDIT', 'H41.58.01-261119-0007', 'A'.repeat(22)),
  fc.constantFrom(
    'application/json',
    'text/event-stream',
    'gzip',
    'Bearer a.b.c',
    'https://evil.example',
    'evil.example',
  ),
  fc.string({ maxLength: 40 }).map((one) => one.replace(/[^\x20-\x7e]/g, '').trim()),
);
const HEADERS = ['x-purpose', 'x-dossier', 'x-visit', 'accept', 'content-type', 'content-encoding', 'authorization'];
const MORE_HEADERS = [
  'x-forwarded-for',
  'origin',
  'host',
  'expect',
  'range',
  'if-none-match',
  'x-apollo-operation-name',
];

function anyRequest(): fc.Arbitrary<Input> {
  const odd = fc.webUrl({ withQueryParameters: true }).map((url) => url.replace(/^https?:\/\/[^/]*/, '') || '/');
  const paths = fc.constantFrom(
    '/graphql',
    '/graphql/stream',
    '/',
    '/readyz',
    '/healthz',
    '/graphiql/start.js',
    '/%c0',
    '*',
  );
  return fc.record({
    kind: fc.constant('http' as const),
    as: fc.constantFrom<AccountName | null>('leader', 'portal', 'auditor', null),
    method: fc.constantFrom('POST', 'POST', 'GET', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'),
    path: fc.oneof({ weight: 3, arbitrary: paths }, { weight: 1, arbitrary: odd }),
    headers: fc.dictionary(fc.constantFrom(...HEADERS, ...MORE_HEADERS), headerValue, { maxKeys: 4 }),
    body: fc.oneof(fc.json(), oddText, fc.constant('{"query":"{ sectors { id } }"}')),
  });
}

/** Requests as they stand on the wire, with a few places changed; or nothing like one. */
function anyBytes(): fc.Arbitrary<Uint8Array> {
  const body = '{"query":"{ sectors { id } }"}';
  const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
  const wholes = [
    `${head}content-length: ${body.length}\r\n\r\n${body}`,
    `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    `${head}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /graphql HTTP/1.1\r\n\r\n`,
    `${head}content-length: 5\r\ncontent-length: 500\r\n\r\n${body}`,
    'GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n\u0081\u0085',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n${'x: y\r\n'.repeat(3_000)}\r\n`,
  ];
  const changed = fc
    .constantFrom(...wholes)
    .chain((whole) => fc.oneof(fc.constant(whole), spoilt(whole), spoilt(whole)));
  return fc.oneof(
    { weight: 3, arbitrary: changed.map((text) => Buffer.from(text, 'latin1')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  );
}

const LAND = 'land/DongBo';
/** Of the office whose calls give titles. */
const TITLED_ROUTE = 'drop-csv/DaDoi';
const ROUTES = [
  ...['TrangThaiLuanChuyenHoSo', 'TrangThaiChoBoSung', 'TrangThaiKetThuc', 'KetQuaThue'].map((name) => LAND + name),
  ...['land/__proto__', 'land/%2e%2e', 'one-stop/changed', 'hub/x'],
];

/** Calls of the land office's software, as they should be but for a value or two. */
function calls({ names, numbers, dossiers }: Told): fc.Arbitrary<string> {
  const time = '2026-11-19T01:12:44';
  const good = fc.constantFrom(...dossiers).map((code) => ({
    ...{ SecurityCode: securityCode, SoBienNhan: code, MaTrangThai: '21', NoiDungXuLy: 'Thẩm tra', GhiChu: 'Thiếu' },
    ...{ NgayChuyen: time, NgayChoBoSung: time, NgayKetThuc: time, NgayCoKetQuaThue: time, MaCanBoNhan: 'CB000002' },
    ...{ TrangThaiKetThuc: 0, DanhSachGiayToKetQua: [], DanhSachThongBaoThue: [] },
  }));
  const odd = fc.oneof(fc.constantFrom(...names, ...numbers, ...dossiers, time), oddText, fc.jsonValue());
  const wrong = fc.constantFrom(
    'SecurityCode',
    'SoBienNhan',
    'MaTrangThai',
    'NgayChuyen',
    'NgayKetThuc',
    'GhiChu',
    'X',
  );
  const body = fc
    .tuple(good, fc.dictionary(wrong, odd, { maxKeys: 2 }))
    .map(([whole, changes]) => JSON.stringify({ ...whole, ...changes }));
  return fc.oneof({ weight: 5, arbitrary: body }, { weight: 1, arbitrary: body.chain(spoilt) });
}
