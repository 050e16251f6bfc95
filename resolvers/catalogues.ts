import type { Agency, Catalogues, Procedure } from '../catalogues/catalogue.ts';
import { HubError } from '../core/errors.ts';
import { vietnamDate } from '../core/time.ts';
import type { Registry } from './registry.ts';

type Known<T extends { readonly code: string }> = Pick<T, 'code'> & Partial<T>;

/** A procedure as the catalogue knows it or, where it does not, as the dossier states it: nothing is added. */
export function procedureOf(catalogues: Catalogues, code: string, title?: unknown): Known<Procedure> {
  const known = catalogues.procedures.byCode(code);
  if (known !== null) return known;
  return typeof title === 'string' ? { code, title } : { code };
}

export function agencyOf(catalogues: Catalogues, code: string): Known<Agency> {
  return catalogues.agencies.byCode(code) ?? { code };
}

export function listProcedures(
  registry: Registry,
  args: { sector?: string | null; validOn?: string | null },
): readonly Procedure[] {
  const { sector } = args;
  const day = args.validOn ?? vietnamDate(registry.now());
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    throw new HubError('BAD_USER_INPUT', 'validOn: expected a whole date such as 2026-11-20');
  }
  if (sector != null && !registry.sectors.some(({ id }) => id === sector)) {
    throw new HubError('BAD_USER_INPUT', 'sector: expected the folder name of a sector; `sectors` lists them');
  }
  return registry.catalogues.procedures
    .all()
    .filter((one) => sector == null || one.sector === sector)
    .filter((one) => one.validFrom <= day && (one.validTo === null || day <= one.validTo));
}

export function listAgencies(registry: Registry, args: { parent?: string | null }): readonly Agency[] {
  const { agencies } = registry.catalogues;
  if (args.parent == null) return agencies.all();
  const parent = agencies.byCode(args.parent)?.code;
  if (parent === undefined) throw new HubError('BAD_USER_INPUT', 'parent: expected the code of a known agency');
  return agencies.all().filter((one) => one.parent === parent);
}
