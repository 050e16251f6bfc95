import { integerSetting, textSetting } from '../core/setting.ts';

/** Which grants hold, and under which names and from which pages the hub is reached. */
export const accessSettings = {
  ACCESS_FILE: textSetting({
    description: 'File of the grants: who may see what, for which purpose; `serve` demands it of a gateway',
    standard: '',
  }),
  VISIT_RETENTION_DAYS: integerSetting({
    description:
      'Visits at the counter are removed so long after they were opened, with the keyed hashes of whom was asked for in them',
    unit: 'days',
    standard: 400,
    least: 1,
    most: 36_500,
  }),
  PUBLIC_NAMES: textSetting({
    description: 'Names besides those of this machine that `Host` may say, separated by commas',
    standard: '',
  }),
  CORS_ORIGINS: textSetting({
    description: 'Origins whose pages may ask the hub, such as https://motcua.example, separated by commas',
    standard: '',
  }),
};
