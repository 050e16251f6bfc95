import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/**
 * The query editor at `/`, served whole from this process: government networks reach no CDN. Its scripts are separate
 * files, so that the page's policy can forbid whatever is not the hub's own.
 */
export function addGraphiqlRoutes(fastify: FastifyInstance, { defaultQuery }: { defaultQuery?: string | undefined }) {
  let assets: Promise<ReadonlyMap<string, Asset>> | undefined;

  fastify.get('/', async (_, reply) => {
    return reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE);
  });
  fastify.get<{ Params: { name: string } }>('/graphiql/:name', async (request, reply) => {
    // Nine megabytes of text: read when somebody opens the page, not when the hub starts.
    assets ??= loadAssets(defaultQuery);
    const asset = (await assets).get(request.params.name);
    if (asset === undefined) return reply.callNotFound();
    reply.header('content-security-policy', POLICY);
    reply.header('cache-control', 'no-cache').header('etag', asset.tag).header('vary', 'accept-encoding');
    if (request.headers['if-none-match'] === asset.tag) return reply.code(304).send();
    reply.type(asset.type);
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.plain);
    return reply.header('content-encoding', 'gzip').send(await asset.zipped());
  });
}

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly tag: string;
  readonly zipped: () => Promise<Buffer>;
}

/** Monaco, the editor inside, writes style elements; everything else comes from the hub's own files. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Liên thông – GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/graphiql/style.css">
  </head>
  <body class="no-focus-outline">
    <noscript>The query editor needs JavaScript.</noscript>
    <div id="root"></div>
    <script src="/graphiql/editor.js"></script>
    <script src="/graphiql/start.js"></script>
  </body>
</html>
`;

/**
 * As delivered, the editor writes the query into the page's URL and into the browser's storage, where personal numbers
 * would outlive the session on a shared counter machine. Both are taken from it.
 */
function startScript(defaultQuery: string | undefined): string {
  const options = { title: 'Liên thông', shouldPersistHeaders: false, defaultQuery };
  return `
const workers = { editorWorkerService: 'editor-worker.js', json: 'json-worker.js', graphql: 'graphql-worker.js' };
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => '/graphiql/' + workers[label] };
const kept = new Map();
const storage = {
  get length() { return kept.size; },
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
  removeItem: (key) => void kept.delete(key),
  clear: () => kept.clear(),
};
${STATED}
${FETCHER}
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  ...${JSON.stringify(options)},
  fetcher,
  storage,
  ...(stated && { defaultHeaders: JSON.stringify(stated, null, 2) }),
  onEditQuery: () => {},
});
`;
}

/**
 * As whom the editor asks: `/#token=…&purpose=…&dossier=…&visit=…` fills its headers. What stands behind `#` is not sent to
 * the hub, and is taken out of the address before it can be copied, or kept in a history.
 */
const STATED = `
const said = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
const stated = said.has('token')
  ? Object.fromEntries([
      ['authorization', 'Bearer ' + said.get('token')],
      ...['purpose', 'dossier', 'visit'].filter((name) => said.has(name)).map((name) => ['x-' + name, said.get(name)]),
    ])
  : undefined;
`;

/**
 * How the editor asks. Its own way sends subscriptions to the endpoint of queries, with GET: their filters would stand in
 * the URL. Events are told apart by an empty line, and one ends when the editor asks for no more.
 */
const FETCHER = `
const post = (url, accept, asked, headers, signal) => fetch(url, {
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json', accept },
  body: JSON.stringify(asked),
  signal,
});
async function* told(asked, headers, signal) {
  const response = await post('/graphql/stream', 'text/event-stream', asked, headers, signal);
  if (!response.ok) return yield await response.json();
  let text = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + part).split('\\n\\n');
    text = events.pop();
    for (const event of events) {
      const [, data] = /^event: next\\ndata: (.*)$/.exec(event) ?? [];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}
function subscribe(asked, headers) {
  const ending = new AbortController();
  const events = told(asked, headers, ending.signal);
  return {
    [Symbol.asyncIterator]() { return this; },
    next: () => events.next().catch((error) => {
      if (ending.signal.aborted) return { done: true };
      throw error;
    }),
    return: async () => {
      ending.abort();
      return { done: true };
    },
  };
}
// The editor hands over the parsed document as well, but of a moment ago.
const isSubscription = ({ query, operationName }) => operationName
  ? new RegExp('\\\\bsubscription\\\\s+' + operationName + '\\\\b').test(query)
  : /^(\\s|#.*\\n)*subscription\\b/.test(query);
// The schema is asked for before the editor has taken its headers up.
const fetcher = (asked, { headers = stated } = {}) => isSubscription(asked)
  ? subscribe(asked, headers)
  : post('/graphql', 'application/json', asked, headers).then((response) => response.json());
`;

async function loadAssets(defaultQuery: string | undefined): Promise<ReadonlyMap<string, Asset>> {
  const editor = await import('@graphql-yoga/render-graphiql/graphiql');
  const script = 'text/javascript; charset=utf-8';
  return new Map([
    ['style.css', asset('text/css; charset=utf-8', editor.css)],
    ['editor.js', asset(script, editor.js)],
    ['start.js', asset(script, startScript(defaultQuery))],
    ['editor-worker.js', asset(script, editor.editorWorkerService)],
    ['json-worker.js', asset(script, editor.jsonWorker)],
    ['graphql-worker.js', asset(script, editor.graphqlWorker)],
  ]);
}

const compress = promisify(gzip);

function asset(type: string, text: string): Asset {
  const plain = Buffer.from(text);
  let zipped: Promise<Buffer> | undefined;
  return {
    type,
    plain,
    tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    zipped: () => {
      zipped ??= compress(plain);
      return zipped;
    },
  };
}
