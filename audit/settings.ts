import { integerSetting, type Setting, textSetting, urlSetting } from '../core/setting.ts';

/** Where the access log is kept, by which keys it is sealed, and where its signed heads go. */
export const auditSettings = {
  AUDIT_DATABASE_URL: urlSetting({
    description:
      'Where the access log is kept: mysql://… or sqlite:///path; when empty, with the store where that is MySQL, else an SQLite file of its own under DATA_DIR',
    protocols: ['sqlite', 'mysql', 'mariadb'],
    standard: '',
    secret: true,
  }),
  AUDIT_INSTANCE: {
    description: 'Name of this instance in the access log; the host’s name when empty',
    standard: '',
    parse: (text) => {
      if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && text.length <= 40) return text;
      throw new Error('expected at most 40 small letters, digits and single dashes');
    },
  } satisfies Setting<string>,
  AUDIT_SIGNING_KEY_FILE: textSetting({
    description: 'Ed25519 private key that signs the access log, PKCS#8 PEM; made once under DATA_DIR when empty',
    standard: '',
  }),
  AUDIT_SUBJECT_KEY_FILE: textSetting({
    description:
      'Key of people’s hashes in the access log, a file of 64 hexadecimal digits; made once under DATA_DIR when empty. Hubs that write one log must share it',
    standard: '',
  }),
  AUDIT_HEADS_DIR: textSetting({
    description: 'Folder for signed heads of the access log, to which the hub need only append',
    standard: '',
  }),
  AUDIT_HEADS_URL: urlSetting({
    description: 'Where signed heads of the access log are sent by POST, as JSON lines, before their answers leave',
    protocols: ['https'],
    standard: '',
  }),
  AUDIT_HEADS_TOKEN: textSetting({
    description: 'Bearer token for AUDIT_HEADS_URL',
    standard: '',
    secret: true,
  }),
  AUDIT_GROUP_MS: integerSetting({
    description:
      'Longest an entry of the access log waits for others to be written with it, where several come at once',
    unit: 'milliseconds',
    standard: 2,
    most: 50,
  }),
  AUDIT_TIMEOUT_MS: integerSetting({
    description:
      'Longest wait for the access log before personal data is refused; twice as long on the clock where the process is too busy to look',
    unit: 'milliseconds',
    standard: 2_000,
    least: 100,
    most: 30_000,
  }),
  AUDIT_RETENTION_DAYS: integerSetting({
    description: 'Days after which `audit retain` may remove whole days of the access log',
    unit: 'days',
    standard: 3_650,
    least: 30,
  }),
};
