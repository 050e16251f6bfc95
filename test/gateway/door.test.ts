import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { createPresenter, type Presented } from '../../gateway/authenticate.ts';
import { createDoor } from '../../gateway/door.ts';
import type { Allowance } from '../../gateway/limits/allowance.ts';
import type { Authenticate, RefusedRequest } from '../../gateway/operation-request.ts';
import { ANYBODY } from '../support/open-access.ts';

const NOW = 1_000_000;
const UNSAID = { purpose: undefined, dossier: undefined, visit: undefined };
const PRESENTED: Presented = {
  ...{ credentials: { authorization: 'Bearer good', certificate: undefined }, statement: UNSAID, address: '192.0.2.7' },
};
const tooMany = () => new HubError('TOO_MANY_REQUESTS', 'Later.');

/** A door with all that happened at it, in its order. */
function openDoor(change: { authenticate?: Authenticate; allowance?: Partial<Allowance> } = {}) {
  const events: unknown[] = [];
  const allowance: Allowance = {
    noteFailure: (address) => void events.push(`failure of ${address}`),
    takeCheck: (address) => {
      events.push(`check of ${address}`);
      return () => void events.push('check given back');
    },
    take: ({ id }) => {
      events.push(`place of ${id}`);
      return () => void events.push('place given back');
    },
    ...change.allowance,
  };
  const authenticate: Authenticate =
    change.authenticate ??
    (async (_, demandCheck) => {
      demandCheck?.(() => null);
      return ANYBODY;
    });
  const refusals: RefusedRequest[] = [];
  const door = createDoor({
    ...{ authenticate, allowance, now: () => NOW },
    noteRefusal: async (refused) => void refusals.push(refused),
    presentedBy: createPresenter({ behindProxy: false }),
  });
  return { door, events, refusals };
}

const refusing =
  (code: 'UNAUTHENTICATED' | 'KEYS_UNAVAILABLE'): Authenticate =>
  async () => {
    throw new HubError(code, 'No.');
  };

describe('At the door', () => {
  it('whoever is recognised gives back the check that it took', async () => {
    const { door, events } = openDoor();
    expect(await door.recognise(PRESENTED)).toBe(ANYBODY);
    expect(events).toEqual(['check of 192.0.2.7', 'check given back']);
    const known = openDoor({ authenticate: async () => ANYBODY });
    expect(await known.door.recognise(PRESENTED)).toBe(ANYBODY);
    expect(known.events).toEqual([]);
  });

  it('whoever is not counts as a failure of their address, but not where no key is at hand', async () => {
    const stranger = openDoor({ authenticate: refusing('UNAUTHENTICATED') });
    await expect(stranger.door.recognise(PRESENTED)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(stranger.events).toEqual(['failure of 192.0.2.7']);
    for (const authenticate of [refusing('KEYS_UNAVAILABLE'), () => Promise.reject(new Error('broken'))]) {
      const { door, events } = openDoor({ authenticate });
      await expect(door.recognise(PRESENTED)).rejects.toThrow();
      expect(events).toEqual([]);
    }
  });

  it('an address of which too many failed is told so instead', async () => {
    const { door } = openDoor({
      authenticate: refusing('UNAUTHENTICATED'),
      allowance: {
        noteFailure: () => {
          throw tooMany();
        },
      },
    });
    await expect(door.recognise(PRESENTED)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('a token is confirmed by what it was recognised by, and its failure is nobody’s', async () => {
    const asked: unknown[] = [];
    const { door, events } = openDoor({
      authenticate: async (...given) => {
        asked.push(given);
        throw new HubError('UNAUTHENTICATED', 'Withdrawn.');
      },
    });
    await expect(door.confirm(PRESENTED)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect([asked, events]).toEqual([[[PRESENTED.credentials]], []]);
  });

  const asking = (actor: Partial<Actor> = {}, statement: Partial<Presented['statement']> = {}) => ({
    ...{ requestId: 'request', actor: { ...ANYBODY, ...actor } },
    presented: { ...PRESENTED, statement: { ...UNSAID, ...statement } },
  });

  it('an operation enters with what it states, and gives its place back', async () => {
    const { door, events, refusals } = openDoor();
    const { actor, stated, leave } = await door.enter(asking({}, { purpose: 'RECEPTION' }));
    expect([actor, stated]).toEqual([ANYBODY, { purpose: 'RECEPTION', dossier: null, visit: null }]);
    leave();
    expect(events).toEqual(['place of anybody', 'place given back']);
    expect(refusals).toEqual([]);
  });

  it('nobody enters under a token that has run out, to the millisecond', async () => {
    const { door, events, refusals } = openDoor();
    await expect(door.enter(asking({ expiresAt: NOW }))).rejects.toMatchObject({
      ...{ code: 'UNAUTHENTICATED', message: 'The access token has run out.' },
    });
    expect(events).toEqual([]);
    expect(refusals).toEqual([
      {
        ...{ requestId: 'request', actor: { ...ANYBODY, expiresAt: NOW }, stated: null, source: null },
        ...{ operationName: null, codes: ['UNAUTHENTICATED'] },
      },
    ]);
    expect((await door.enter(asking({ expiresAt: NOW + 1 }))).actor.expiresAt).toBe(NOW + 1);
  });

  it('what is refused is noted with what was stated, as far as that could be read', async () => {
    const unread = openDoor();
    await expect(unread.door.enter(asking({}, { purpose: 'CURIOSITY' }))).rejects.toMatchObject({
      code: 'PURPOSE_REQUIRED',
    });
    expect(unread.events).toEqual([]);
    expect(unread.refusals).toMatchObject([{ stated: null, codes: ['PURPOSE_REQUIRED'] }]);
    const full = openDoor({
      allowance: {
        take: () => {
          throw tooMany();
        },
      },
    });
    await expect(full.door.enter(asking({}, { purpose: 'AUDIT' }))).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
    });
    expect(full.refusals).toMatchObject([{ stated: { purpose: 'AUDIT' }, codes: ['TOO_MANY_REQUESTS'] }]);
  });

  it('a request is recognised and enters in one step', async () => {
    const { door, events } = openDoor();
    const { actor, stated } = await door.admit('request', message({ 'x-purpose': 'AUDIT' }));
    expect([actor, stated.purpose]).toEqual([ANYBODY, 'AUDIT']);
    expect(events).toEqual(['check of 10.0.0.1', 'check given back', 'place of anybody']);
  });
});

/** A request as Node hands it over. */
function message(headers: Readonly<Record<string, string>>, ...more: readonly string[]): IncomingMessage {
  const rawHeaders = [...Object.entries(headers).flat(), ...more];
  return { headers, rawHeaders, socket: { remoteAddress: '10.0.0.1' } } as unknown as IncomingMessage;
}

describe('What a request brings', () => {
  const GOOD = 'Bearer good';
  const presentedBy = createPresenter({ behindProxy: false });
  const authorizationOf = (...given: Parameters<typeof presentedBy>) => presentedBy(...given).credentials.authorization;

  it('is one token; of two there is none, however they are written', () => {
    expect(authorizationOf(message({ authorization: GOOD }))).toBe(GOOD);
    expect(
      authorizationOf(
        message({ authorization: GOOD, accept: '*/*', 'x-authorization': 'other', 'x-other-bytes': '1' }),
      ),
    ).toBe(GOOD);
    for (const name of ['authorization', 'Authorization', 'AUTHORIZATION']) {
      expect(authorizationOf(message({ authorization: GOOD }, name, 'Bearer other'))).toBeUndefined();
    }
    expect(authorizationOf(message({ 'x-other-header': GOOD }))).toBeUndefined();
  });

  it('is no token where the word stands as a value', () => {
    expect(authorizationOf(message({ authorization: GOOD, 'x-note': 'authorization' }))).toBe(GOOD);
    expect(authorizationOf(message({ authorization: 'authorization' }))).toBe('authorization');
  });

  it('counts in the payload of a connection before it does in the headers, whatever it is there', () => {
    const request = message({ authorization: GOOD, 'x-purpose': 'AUDIT', 'x-dossier': 'A', 'x-visit': 'B' });
    const said = { authorization: 'Bearer said', purpose: 'RECEPTION', dossier: 'C', visit: 'D' };
    expect(presentedBy(request, said)).toMatchObject({
      ...{
        credentials: { authorization: 'Bearer said' },
        statement: { purpose: 'RECEPTION', dossier: 'C', visit: 'D' },
      },
    });
    expect(authorizationOf(request, { authorization: [GOOD] })).toBeUndefined();
    for (const nothing of [undefined, null, 'text', 7, {}]) {
      expect(presentedBy(request, nothing)).toMatchObject({
        ...{ credentials: { authorization: GOOD }, statement: { purpose: 'AUDIT', dossier: 'A', visit: 'B' } },
      });
    }
  });

  it('is no certificate over a connection that is not secured', () => {
    expect(presentedBy(message({})).credentials.certificate).toBeUndefined();
  });

  it('is the certificate that its connection has shown, if its authority signed it, however many requests follow', () => {
    const over = (isSigned: boolean, fingerprint256?: string) => {
      const socket = new TLSSocket(new Socket());
      let shown = 0;
      const getPeerCertificate = () => {
        shown += 1;
        return { fingerprint256 };
      };
      Object.assign(socket, { authorized: isSigned, getPeerCertificate });
      const request = { headers: {}, rawHeaders: [], socket } as unknown as IncomingMessage;
      const certificates = [1, 2].map(() => presentedBy(request).credentials.certificate);
      return [certificates, shown];
    };
    expect(over(true, 'AB:CD')).toEqual([['q80', 'q80'], 1]);
    expect(over(true)).toEqual([[undefined, undefined], 1]);
    expect(over(false, 'AB:CD')).toEqual([[undefined, undefined], 0]);
  });

  it('comes from where the proxy says, if there is one, and from the socket otherwise', () => {
    const behind = createPresenter({ behindProxy: true });
    const from = (forwarded: string) => behind(message({ 'x-forwarded-for': forwarded })).address;
    expect([from('203.0.113.1, 192.0.2.7'), from('192.0.2.7'), from(' 192.0.2.8 ')]).toEqual([
      ...['192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ]);
    expect([from('203.0.113.1, '), from(''), behind(message({})).address]).toEqual(Array(3).fill('10.0.0.1'));
    expect(presentedBy(message({ 'x-forwarded-for': '192.0.2.7' })).address).toBe('10.0.0.1');
    const gone = { headers: {}, rawHeaders: [], socket: {} } as unknown as IncomingMessage;
    expect(presentedBy(gone).address).toBe('');
  });
});
