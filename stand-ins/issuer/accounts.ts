/** People and systems of the made-up province that have an account. */

import { demoPerson } from '../world/demo-person.ts';
import type { Account } from './sign.ts';

/** By the name under which `npm run token` knows them. */
export const accounts = {
  // The province's own centre takes what comes from anywhere in it.
  counter: { sub: 'counter.hanh', client_id: 'counter-desk', role: 'counter', unit: 'H41' },
  commune: { sub: 'commune.binh', client_id: 'counter-desk', role: 'counter', unit: 'H41.58.01' },
  leader: { sub: 'leader.minh', client_id: 'steering-board', role: 'leader', unit: 'H41' },
  auditor: { sub: 'auditor.lan', client_id: 'audit-desk', role: 'auditor' },
  admin: { sub: 'admin.quan', client_id: 'operations', role: 'admin' },
  citizen: {
    sub: 'citizen.hoa',
    client_id: 'citizen-app',
    role: 'citizen',
    personal_number: demoPerson.personalNumber,
  },
  portal: { sub: 'province-portal', client_id: 'province-portal', role: 'portal' },
  app: { sub: 'statistics', client_id: 'statistics', role: 'app' },
} satisfies Record<string, Account>;

export type AccountName = keyof typeof accounts;

export function isAccount(name: string): name is AccountName {
  return Object.hasOwn(accounts, name);
}

/** Systems that may ask for a token of their own, and what they prove themselves with. */
export const clientSecrets: Readonly<Record<string, { secret: string; account: AccountName | null }>> = {
  'province-portal': { secret: 'cong-tinh-chay-thu', account: 'portal' },
  statistics: { secret: 'bao-cao-chay-thu', account: 'app' },
  'citizen-app': { secret: 'ung-dung-chay-thu', account: null },
  'counter-desk': { secret: 'quay-chay-thu', account: null },
};
