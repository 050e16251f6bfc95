import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { misspeltSettings } from '../../hub/misspelt-settings.ts';
import { createHub } from '../../hub.ts';
import { NOWHERE } from '../support/nowhere.ts';
import { openAccessParts } from '../support/open-access.ts';

const KNOWN = new Set(['AUDIT_HEADS_DIR', 'AUDIT_HEADS_URL', 'PORT', 'DATA_DIR', 'ISSUER']);

it.each([
  ['AUDIT_HEADS_DIRR', 'AUDIT_HEADS_DIR'],
  ['AUDIT_HEAD_DIR', 'AUDIT_HEADS_DIR'],
  ['AUDIT_HEADS_URLL', 'AUDIT_HEADS_URL'],
  ['AUDIT_HEADS_ULR', 'AUDIT_HEADS_DIR or AUDIT_HEADS_URL'],
  ['DATADIR', 'DATA_DIR'],
  ['ISSUERR', 'ISSUER'],
])('%s is told with the setting that was probably meant', (name, meant) => {
  expect(misspeltSettings([name], KNOWN)).toEqual([
    `${name} is no setting, and is passed over: ${meant} was probably meant`,
  ]);
});

it.each([
  'AUDIT_HEADS_DIR',
  'PORT',
  'PORTS',
  'POST',
  'AUDIT_HEADS_FOLDER',
  'XUDIT_HEADS_DIR',
  'PATH',
  'AUDIT_HEADS_DIRECT',
])('%s is none that was misspelt', (name) => {
  expect(misspeltSettings([name], KNOWN)).toEqual([]);
});

it('A hub that starts tells of the misspelt settings, also of a sector’s, and not what they hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-misspelt-'));
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const misspelt = { AUDIT_HEADS_DIRR: 'bimat', SECTOR_LAND_TIMEOUT_MSS: '77777' };
  const hub = await createHub({
    logger,
    access: openAccessParts(),
    environment: { ...NOWHERE, PORT: '0', DATA_DIR: folder, ...misspelt },
  });
  try {
    const told = lines.filter((line) => line.includes('is no setting'));
    expect(told).toEqual([
      expect.stringContaining('AUDIT_HEADS_DIRR is no setting, and is passed over: AUDIT_HEADS_DIR was probably meant'),
      expect.stringContaining('SECTOR_LAND_TIMEOUT_MSS is no setting'),
    ]);
    expect(told.join()).not.toMatch(/bimat|77777/);
  } finally {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  }
});
