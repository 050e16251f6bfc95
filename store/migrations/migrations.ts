import { numberPair } from './001-number-pair.ts';
import { capture } from './002-capture.ts';
import { index } from './003-index.ts';
import { delivery } from './004-delivery.ts';
import { visit } from './005-visit.ts';
import type { Migration } from './migration.ts';

/** Every change of the store's tables, in order. */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-number-pair': numberPair,
  '002-capture': capture,
  '003-index': index,
  '004-delivery': delivery,
  '005-visit': visit,
};
