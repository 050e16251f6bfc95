import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { HubError } from '../../core/errors.ts';
import type { Database } from '../../drivers/database.ts';
import { createFeed, type Feed, type FeedFilter, type FeedOptions } from '../../streams/feed.ts';
import { CODE, event, onEachStore, type Stage, tell } from '../support/index-stage.ts';

const OTHER = 'H41.07-261001-0002';
const NONE = 'H41.07-261001-0003';
const EVERYTHING: FeedFilter = { matches: () => true, sees: () => true };

onEachStore('Going on in the feed after an event', (open) => {
  let stage: Stage;
  const feeds: Feed[] = [];

  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.empty());
  afterEach(() => Promise.all(feeds.splice(0).map((feed) => feed.close())));

  function openFeed(options: Partial<FeedOptions> = {}): Feed {
    const feed = createFeed({ database: stage.database, pollMs: 20, warn: () => {}, ...options });
    feeds.push(feed);
    return feed;
  }

  /** So many changes of one dossier. */
  async function change(from: number, count: number): Promise<void> {
    for (let version = from; version < from + count; version++) tell(stage, event({ version }));
    await stage.project();
  }

  /** The same error, or none. */
  const refusalAfter = (feed: Feed, afterId: string, filter: FeedFilter) =>
    feed.open({ afterId }, filter).then(
      (cursor) => cursor.close(),
      ({ code, message }: HubError) => ({ code, message }),
    );
  const of = (agency: string): FeedFilter => ({ ...EVERYTHING, sees: ({ agencyCode }) => agencyCode === agency });

  it('does not tell by where one goes on whether there is such an event of somebody else', async () => {
    tell(stage, event({ view: { agencyCode: 'H41.07' } }), event({ code: OTHER, view: { agencyCode: 'H41.08' } }));
    await stage.project();
    const feed = openFeed();
    const [own, foreign, none] = [CODE, OTHER, NONE].map((code) => `one-stop:${code}:1`) as [string, string, string];
    expect(await refusalAfter(feed, own, of('H41.07'))).toBeUndefined();
    const refusal = await refusalAfter(feed, foreign, of('H41.07'));
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusalAfter(feed, none, of('H41.07'))).toEqual(refusal);
    expect(await refusalAfter(feed, foreign, of('H41.08'))).toBeUndefined();
  });

  it('goes on for who was told an event of a dossier that has gone elsewhere since', async () => {
    const [first, second] = [1, 2].map((version) => `one-stop:${CODE}:${version}`) as [string, string];
    tell(stage, event({ view: { agencyCode: 'H41.07' } }), event({ version: 2, view: { agencyCode: 'H41.08' } }));
    await stage.project();
    const feed = openFeed();
    expect(await refusalAfter(feed, first, of('H41.07'))).toBeUndefined();
    expect(await refusalAfter(feed, second, of('H41.07'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusalAfter(feed, second, of('H41.08'))).toBeUndefined();
  });

  it('names no event that one was not told, where it breaks off', async () => {
    await change(1, 3);
    let broken = false;
    const database: Database = Object.create(stage.database, {
      query: {
        value: async (...asked: Parameters<Database['query']>) => {
          // Who catches up reads a hundred at a time.
          if (broken && asked[0].endsWith('limit 100')) throw new Error('gone');
          return stage.database.query(...asked);
        },
      },
    });
    const feed = openFeed({ ring: 5, database });
    const cursor = await feed.open({ afterId: null }, EVERYTHING);
    await change(4, 30);
    await expect.poll(() => feed.head()).toBe(33);
    broken = true;
    const ended = { code: 'STORE_UNAVAILABLE', after: null, message: expect.stringMatching(/read anew/) };
    await expect(cursor.next()).rejects.toMatchObject(ended);
  });
});
