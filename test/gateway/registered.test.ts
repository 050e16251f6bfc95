import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { createRegisteredReader, documentId, type RegisteredOperations } from '../../gateway/limits/registered.ts';
import { ANYBODY } from '../support/open-access.ts';

const QUERY = '{ sectors { id } }';
const ID = documentId(QUERY);
const REGISTERED: RegisteredOperations = new Map([[ID, QUERY]]);
const bound = { ...ANYBODY, client: 'citizen-app' };
const free = { ...ANYBODY, client: 'counter-desk' };
const limits = { of: (client: string) => ({ registeredOnly: client === 'citizen-app' }) };

function reader({ only = false, registered = REGISTERED as RegisteredOperations | null } = {}) {
  return createRegisteredReader({ registered, limits, only });
}

function refusalOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'OPERATION_NOT_REGISTERED') throw error;
    expect(error.message).toMatch(/: expected `documentId`, sha256: and 64 digits, alone\.$/);
    return error.message.split(':')[0] ?? '';
  }
}

describe('A registered operation', () => {
  it('is called for by the hash of its text', () => {
    expect(ID).toBe('sha256:49be9093dff0ce37f5709de78ed8bfde8075118279d8733665f4b20e0b17de5a');
    const asked = { documentId: ID, variables: { n: 1 } };
    expect(reader()(asked, bound)).toEqual({ ...asked, query: QUERY });
    expect(reader({ only: true })(asked, free)).toEqual({ ...asked, query: QUERY });
  });

  it('comes with no text of its own: that would be another', () => {
    const both = { documentId: ID, query: '{ __typename }' };
    expect(refusalOf(() => reader()(both, free))).toBe('`query` and `documentId` came together');
    // Clients send what they have, also where they have nothing.
    for (const query of ['', null, undefined]) expect(reader()({ documentId: ID, query }, free).query).toBe(QUERY);
  });

  it.each([
    ['another id', `${ID.slice(0, -1)}x`],
    ['something that is no text', 7],
    ['a list', [ID]],
    ['an empty text', ''],
  ])('is not found under %s', (_, id) => {
    expect(refusalOf(() => reader()({ documentId: id }, free))).toBe('No operation is registered under this id');
  });

  it('is not found where none is registered', () => {
    expect(refusalOf(() => reader({ registered: null })({ documentId: ID }, free))).toBe(
      'No operation is registered under this id',
    );
  });
});

describe('Any other operation', () => {
  it.each([
    ['without an id', { query: '{ __typename }' }],
    ['with an id that is null', { query: '{ __typename }', documentId: null }],
    ['that is no record', 'query'],
    ['that is nothing', null],
  ])('%s is taken as it came, save from a client that is bound, and from nobody where all are', (_, asked) => {
    expect(reader()(asked, free)).toBe(asked);
    expect(refusalOf(() => reader()(asked, bound))).toBe('Only registered operations are taken');
    expect(refusalOf(() => reader({ only: true })(asked, free))).toBe('Only registered operations are taken');
  });
});
