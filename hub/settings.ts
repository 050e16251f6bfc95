import { integerSetting, type SettingsSpec, type SettingsValues, textSetting } from '../core/setting.ts';
import { gatewaySettings } from '../gateway/settings.ts';

/** Every setting of the hub itself. Sectors add their own as SECTOR_<FOLDER>_<SETTING>. */
export const hubSettings = {
  ...gatewaySettings,
  DATA_DIR: textSetting({
    description: 'Folder for what the hub keeps: its SQLite store, its sealing key, the demo’s made-up systems',
    standard: 'data',
  }),
  DATABASE_URL: textSetting({
    description: 'The hub’s own store: mysql://… or sqlite:///path; SQLite under DATA_DIR when empty',
    standard: '',
    secret: true,
  }),
  KAFKA_BROKERS: textSetting({
    description: 'Kafka brokers, host:port separated by commas; the embedded log when empty',
    standard: '',
  }),
  PORTAL_URL: textSetting({
    description: 'Address of the public service portal’s adapter; nothing is delivered when empty',
    standard: '',
  }),
  SECTORS_DIR: textSetting({
    description: 'Folder with further sectors, beside those of the repository',
    standard: '',
  }),
  ID_KEY: textSetting({
    description:
      'Key of citizens’ ids and of cursors, 64 hexadecimal digits; made once under DATA_DIR when empty. Hubs that answer the same clients must share it',
    standard: '',
    secret: true,
  }),
  CALLS_PER_OPERATION: integerSetting({
    description: 'Most calls to sector systems that one operation may make',
    unit: 'calls',
    standard: 200,
    least: 1,
    most: 10_000,
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
