import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextOf, startTestGateway, type TestGateway } from './support.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const schema = makeExecutableSchema({
  typeDefs: 'type Query { "Greets." hello(name: String): String } type Subscription { word: String }',
  resolvers: {
    Query: { hello: (_: unknown, { name }: { name?: string }) => `xin chào ${name ?? 'bạn'}` },
    Subscription: {
      word: {
        async *subscribe() {
          for (const word of ['một', 'hai', 'ba']) yield { word };
          await new Promise(() => {});
        },
      },
    },
  },
});

let hub: TestGateway;
/** As whom and for what, of each operation. */
const asked: string[] = [];
beforeAll(async () => {
  hub = await startTestGateway(schema, {
    defaultQuery: '# Hỏi thử\n{ hello }\n',
    settings: { GRAPHIQL: 'on' },
    contextFor: ({ headers: { authorization }, stated }) => {
      asked.push(`${authorization} ${stated.purpose} ${stated.dossier}`);
      return contextOf({});
    },
  });
});
afterAll(() => hub.gateway.close());

test('the page and its parts come from the hub, under a policy that lets nothing else in', async () => {
  const page = await fetch(hub.gateway.address());
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  const parts = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  expect(parts).toEqual(['/graphiql/style.css', '/graphiql/editor.js', '/graphiql/start.js']);
  for (const path of [
    ...parts,
    '/graphiql/editor-worker.js',
    '/graphiql/json-worker.js',
    '/graphiql/graphql-worker.js',
  ]) {
    const part = await fetch(`${hub.gateway.address()}${path}`);
    const tag = part.headers.get('etag') ?? '';
    expect({ path, status: part.status, zipped: part.headers.get('content-encoding') }).toEqual({
      path,
      status: 200,
      zipped: 'gzip',
    });
    await part.arrayBuffer();
    const again = await fetch(`${hub.gateway.address()}${path}`, { headers: { 'if-none-match': tag } });
    expect(again.status).toBe(304);
  }
  expect((await fetch(`${hub.gateway.address()}/graphiql/other.js`)).status).toBe(404);
});

test('it is not there when it is switched off', async () => {
  const without = await startTestGateway(schema, { settings: { GRAPHIQL: 'off' } });
  const status = (await fetch(without.gateway.address())).status;
  await without.gateway.close();
  expect(status).toBe(404);
});

/** A suite that needs a browser is skipped by name where there is none, and fails for it in CI. */
const missing = existsSync(CHROMIUM) ? '' : ` (no ${CHROMIUM}; set CHROMIUM to one)`;

describe.skipIf(missing !== '' && process.env.CI !== 'true')(`in a browser${missing}`, () => {
  let folder: string;
  let context: BrowserContext;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graphiql-'));
    context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: FLAGS });
    page = await context.newPage();
    context.on('request', (request) => requested.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(hub.gateway.address());
    await page.waitForSelector('.graphiql-query-editor .view-line', { timeout: 30_000 });
  });
  afterAll(async () => {
    await context?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test('the starting query is there, and running it shows the answer', async () => {
    expect(await textOf('.graphiql-query-editor')).toContain('Hỏi thử');
    await page.click('button[aria-label^="Execute query"]');
    await page.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('xin'));
    expect(await textOf('.result-window')).toContain('xin chào bạn');
  });

  test('a query that is typed in is answered, and leaves no trace in the URL or in the storage', async () => {
    await page.click('.graphiql-query-editor .view-lines');
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('query Typed { hello(name: "079090001234") }');
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('079090001234'));
    expect(page.url()).toBe(`${hub.gateway.address()}/`);
    const stored = await page.evaluate(
      () => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }),
    );
    expect(stored).not.toContain('079090001234');
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  });

  test('a subscription shows what it is told, as long as it goes on', async () => {
    await page.click('.graphiql-query-editor .view-lines');
    await page.keyboard.press('Control+A');
    // The editor takes a moment to notice another name.
    await page.keyboard.insertText('subscription Typed { word }');
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('"ba"'));
    await page.click('button[aria-label^="Stop query"]');
  });

  test('it asks with the token, purpose and dossier of the address, which then has them no more', async () => {
    asked.length = 0;
    const other = await context.newPage();
    await other.goto(`${hub.gateway.address()}/#token=abc.def&purpose=PROCESSING&dossier=H41.58.01-261119-0007`);
    await other.waitForSelector('.graphiql-query-editor .view-line', { timeout: 30_000 });
    expect(other.url()).toBe(`${hub.gateway.address()}/`);
    await other.click('button[aria-label^="Execute query"]');
    await other.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('xin'));
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked)).toEqual(new Set(['Bearer abc.def PROCESSING H41.58.01-261119-0007']));
    const kept = await other.evaluate(
      () => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }),
    );
    expect(kept).not.toContain('abc.def');
    await other.close();
  });

  test('nothing was asked of any other machine, and the policy stopped nothing', () => {
    const foreign = requested.filter((address) => !/^(http:\/\/127\.0\.0\.1[:/]|data:|blob:)/.test(address));
    expect(foreign).toEqual([]);
    expect(requested.length).toBeGreaterThan(4);
    expect(complaints).toEqual([]);
  });

  async function textOf(selector: string): Promise<string> {
    // The editor writes blanks as no-break spaces.
    return (await page.locator(selector).innerText()).replaceAll('\u00a0', ' ');
  }
});
