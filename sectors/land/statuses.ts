/** MATRANGTHAI → one of the ten. 35 and 99 occur and are in no list: they are shown as they are. */
export const STATUSES = {
  10: 2,
  20: 4,
  21: 4,
  22: 4,
  30: 5,
  40: 6,
  50: 7,
  60: 8,
  70: 9,
  80: 10,
} as const;
