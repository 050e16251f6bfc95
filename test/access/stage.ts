import { bearerOf } from '../../core/access/bearers.ts';
import type { AgencyTree } from '../../core/access/units.ts';
import type { Actor, Decision, DossierFacts, Grant, Resource, StatedPurpose } from '../../core/access.ts';

/** Agencies of a small province: two communes, each with a one-stop unit, below H41. Older codes are the newer ones turned round. */
const ABOVE: Readonly<Record<string, string | null>> = {
  H41: null,
  'H41.50': 'H41',
  'H41.50.01': 'H41.50',
  'H41.58': 'H41',
  'H41.58.01': 'H41.58',
};
export const AGENCIES = Object.keys(ABOVE);

const olderOf = (code: string) => `old:${code}`;
const newerOf = (code: string) => code.replace('old:', '');

export const tree: AgencyTree = {
  ancestorsOf(code) {
    const above = ABOVE[newerOf(code)];
    if (above === undefined) return [];
    return [newerOf(code), ...(above === null ? [] : tree.ancestorsOf(above))];
  },
  newerCode: (code) => (newerOf(code) in ABOVE ? newerOf(code) : null),
  agencyOf: (unit) => unit.split('.').slice(0, 2).join('.'),
  codesBelow: (code) =>
    AGENCIES.filter((one) => tree.ancestorsOf(one).includes(newerOf(code))).flatMap((one) => [one, olderOf(one)]),
  roots: () => ['H41'],
};

export const HOA = '001085004213';
export const BINH = '001090001111';
export const STRANGER = '001099009999';

export const DOSSIER: DossierFacts = {
  code: 'H41.58.01-261119-0007',
  units: ['H41.58', 'H41.58.01'],
  people: [bearerOf([HOA])],
};
export const ELSEWHERE: DossierFacts = { code: 'H41.50.01-261119-0001', units: ['H41.50'], people: [bearerOf([HOA])] };

export const UNSAID: StatedPurpose = { code: null, dossier: null, visit: null };

export function purpose(code: StatedPurpose['code'], evidence: Partial<StatedPurpose> = {}): StatedPurpose {
  return { ...UNSAID, code, ...evidence };
}

/** RECEPTION in a visit with these subjects. */
export function reception(...subjects: readonly string[]): StatedPurpose {
  return purpose('RECEPTION', { visit: { id: 'visit', subjects: new Set(subjects) } });
}

export function processing(dossier: DossierFacts = DOSSIER): StatedPurpose {
  return purpose('PROCESSING', { dossier });
}

export function grant(parts: Partial<Grant>): Grant {
  const who = parts.client === undefined ? { role: parts.role ?? 'counter' } : { client: parts.client };
  const rest: Grant = { name: 'a grant', actions: ['READ'], sectors: ['*'], data: [], units: 'own', purposes: [] };
  return { ...rest, ...parts, ...who } as Grant;
}

export function actor(parts: Partial<Actor> = {}): Actor {
  return {
    id: 'counter.binh',
    role: 'counter',
    client: 'counter-desk',
    delegated: false,
    unit: 'H41.58.01',
    personalNumber: null,
    expiresAt: Number.MAX_SAFE_INTEGER,
    ...parts,
  };
}

export const field = (data: Resource['data'], sector = 'hub'): Resource => ({ kind: 'field', sector, data });
export const hubThing = (data: Resource['data'], unit: string | null): Resource => ({ kind: 'hub', data, unit });

export function person(numbers: readonly string[], data: Resource['data'] = 'PERSONAL'): Resource {
  return { kind: 'person', sector: 'hub', data, people: [bearerOf(numbers)] };
}

export function record(numbers: readonly string[], key: string | null = null): Resource {
  return { kind: 'record', sector: 'land', data: 'PERSONAL', people: [bearerOf(numbers)], key };
}

export function dossier(data: Resource['data'], facts: DossierFacts = DOSSIER): Resource {
  return { kind: 'dossier', data, dossier: facts };
}

/** The reason of a refusal, or how somebody is tied to what they may see. */
export function verdict(decision: Decision): string {
  return decision.allowed ? decision.relation : decision.why;
}
