import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../core/errors.ts';
import { askHub } from '../support/province.ts';
import type { Attack } from './attack.ts';
import { attacksOnAccess } from './attacks-on-access.ts';
import { attacksOnGraphql } from './attacks-on-graphql.ts';
import { attacksOnHttp } from './attacks-on-http.ts';
import { headersOf, learn, type Outcome, send } from './send-attack.ts';
import { type Fortress, openFortress } from './stage.ts';

/** Time in which a refusal is said, on a machine that does other things as well. */
const MOST_MS = 3_000;
/** Whatever tells of the inside of a house; the names of what was asked for are the asker's own. */
const INSIDE =
  /127\.0\.0\.1|\/tmp\b|\/work\b|node_modules|\.[cm]?ts\b|\bat \w+.*\(|SQLITE|ECONN|ENOENT|"stack"|"cause"|did you mean/i;

let fortress: Fortress;
let attacks: readonly Attack[];

beforeAll(async () => {
  fortress = await openFortress({ GRAPHIQL: 'on', RATE_PER_MINUTE: '100000' });
  const known = await learn(fortress);
  attacks = [...attacksOnGraphql(known), ...attacksOnHttp(), ...attacksOnAccess(known)];
}, 120_000);
afterAll(() => fortress?.close());

describe('What is known to be tried on such a server', () => {
  it('is refused, all of it: with a code, soon, and without a word of the inside', async () => {
    const served: object[] = [];
    for (const attack of attacks) {
      const outcome = await send(fortress.url, attack, await headersOf(fortress, attack));
      const faults = faultsOf(attack, outcome);
      if (faults.length > 0) served.push({ name: attack.name, faults, ...outcome, text: outcome.text.slice(0, 300) });
    }
    expect(served).toEqual([]);
    expect(attacks.length).toBeGreaterThan(180);
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  }, 300_000);

  it('leaves a hub that answers, and that logged no failure of its own', async () => {
    const { data, errors } = await askHub(fortress.url, '{ sectors { id } }', {}, await headersOf(fortress, {}));
    expect(errors).toBeUndefined();
    expect(data.sectors.length).toBeGreaterThan(3);
    expect(fortress.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  });
});

function faultsOf({ refused, mayServe = 0 }: Attack, { status, text, tookMs }: Outcome): readonly string[] {
  const faults: string[] = [];
  const { data = null, errors = [] } = answerIn(text);
  const codes = errors.map(({ extensions }) => extensions?.code ?? 'none');
  if (codes.some((code) => !Object.hasOwn(ERRORS, code))) faults.push(`a code that is none: ${codes.join()}`);
  if (refused.length > 0 && !codes.some((code) => refused.includes(code))) faults.push(`codes: ${codes.join()}`);
  if (refused.length > 0 && codes.some((code) => !refused.includes(code))) faults.push(`other codes: ${codes.join()}`);
  if (refused.length === 0 && status < 400 && !text.startsWith('{"data":')) faults.push(`status: ${status}`);
  if (servedIn(data) > mayServe) faults.push('data');
  if (status >= 500) faults.push(`status: ${status}`);
  if (INSIDE.test(text)) faults.push('the inside');
  if (tookMs > MOST_MS) faults.push(`${Math.round(tookMs)} ms`);
  return faults;
}

/** Fields of the root that hold anything but nulls and empty lists. */
function servedIn(data: unknown): number {
  return data === null ? 0 : Object.values(data as object).filter((value) => !isEmpty(value)).length;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && (value === null || Object.values(value).every((one) => isEmpty(one)));
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

function answerIn(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
