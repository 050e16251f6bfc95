import { integerSetting, textSetting } from '../core/setting.ts';
import { namesSetting, originsSetting } from './listed-setting.ts';

/** Which grants hold, and under which names and from which pages the hub is reached. */
export const accessSettings = {
  ACCESS_FILE: textSetting({
    description: 'File of the grants: who may see what, for which purpose; `serve` demands it of a gateway',
    standard: '',
  }),
  VISITS_AT_ONCE: integerSetting({
    description:
      'Most visits of one officer, in whichever applications, that are open at the same time; each ends by itself, or is closed or bound',
    unit: 'visits',
    standard: 2,
    least: 1,
    most: 1_000_000,
  }),
  VISITS_PER_DAY: integerSetting({
    description: 'Most visits that one officer opens on one day, in whichever applications',
    unit: 'visits',
    standard: 200,
    least: 1,
    most: 1_000_000,
  }),
  VISIT_RETENTION_DAYS: integerSetting({
    description:
      'Visits at the counter are removed so long after they were opened, with the keyed hashes of whom was asked for in them',
    unit: 'days',
    standard: 400,
    least: 1,
    most: 36_500,
  }),
  PUBLIC_NAMES: namesSetting({
    description: 'Names besides those of this machine that `Host` may say, separated by commas',
  }),
  CORS_ORIGINS: originsSetting({
    description: 'Origins whose pages may ask the hub, such as https://motcua.example, separated by commas',
  }),
};
