import { auditSettings } from '../audit/settings.ts';
import {
  choiceSetting,
  integerSetting,
  type Setting,
  type SettingsSpec,
  type SettingsValues,
  textSetting,
  urlSetting,
} from '../core/setting.ts';
import { gatewaySettings } from '../gateway/settings.ts';
import { identitySettings } from '../identity/settings.ts';
import { streamSettings } from '../streams/settings.ts';
import { accessSettings } from './access-settings.ts';

/** Every setting of the hub itself. Sectors add their own as SECTOR_<FOLDER>_<SETTING>. */
export const hubSettings = {
  ...gatewaySettings,
  ...identitySettings,
  ...accessSettings,
  ...auditSettings,
  ...streamSettings,
  DATA_DIR: textSetting({
    description: 'Folder for what the hub keeps: its SQLite store, its sealing key, the demo’s made-up systems',
    standard: 'data',
  }),
  DATABASE_URL: urlSetting({
    description: 'The hub’s own store: mysql://… or sqlite:///path; SQLite under DATA_DIR when empty',
    protocols: ['sqlite', 'mysql', 'mariadb'],
    standard: '',
    secret: true,
  }),
  SECTORS_DIR: textSetting({
    description: 'Folder with further sectors, beside those of the repository',
    standard: '',
  }),
  LOG_LEVEL: choiceSetting({
    description: 'How much is logged; `npm start` says warn unless told otherwise',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    standard: 'info',
  }),
  ID_KEY: {
    description:
      'Key of citizens’ ids and of cursors, 64 hexadecimal digits; made once under DATA_DIR when empty. Hubs that answer the same clients must share it',
    standard: '',
    secret: true,
    parse: (text) => {
      if (/^[0-9a-f]{64}$/i.test(text)) return text;
      throw new Error('expected 64 hexadecimal digits');
    },
  } satisfies Setting<string>,
  CALLS_PER_OPERATION: integerSetting({
    description: 'Most calls to sector systems that one operation may make',
    unit: 'calls',
    standard: 200,
    least: 1,
    most: 10_000,
  }),
  RECORDS_PER_OPERATION: integerSetting({
    description: 'Most records that one answer may hold',
    unit: 'records',
    standard: 20_000,
    least: 100,
  }),
  SEARCH_HITS: integerSetting({
    description: 'Most people one system may bring to one search',
    unit: 'people',
    standard: 100,
    least: 1,
    most: 1000,
  }),
  HEALTH_INTERVAL_MS: integerSetting({
    description: 'How often every system is asked whether it is there',
    unit: 'milliseconds',
    standard: 15_000,
    least: 100,
  }),
} as const satisfies SettingsSpec;

export type HubSettings = SettingsValues<typeof hubSettings>;
