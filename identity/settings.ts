import { choiceSetting, integerSetting, type Setting, textSetting } from '../core/setting.ts';

const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'] as const;
const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Who issues the tokens that the hub believes, and how connections are secured. */
export const identitySettings = {
  ISSUER: textSetting({
    description: 'Whose tokens are believed: what `iss` of a token must be; `serve` demands it of a gateway',
    standard: '',
  }),
  AUDIENCE: textSetting({ description: 'What `aud` of a token must hold', standard: 'lienthong' }),
  ISSUER_JWKS_URL: {
    description: 'Where the issuer’s keys are: https://…, or http://… on this machine; this or ISSUER_KEYS_FILE',
    standard: '',
    parse: (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK_NAME.test(url.hostname))) return text;
      throw new Error('expected a URL starting with https://, or http:// with a loopback address');
    },
  } satisfies Setting<string>,
  ISSUER_KEYS_FILE: textSetting({
    description: 'The issuer’s keys as a JWKS file, for closed networks; read again when it changes',
    standard: '',
  }),
  ISSUER_ALGORITHMS: {
    description: `Signatures that are accepted, separated by commas, of ${ALGORITHMS.join(', ')}`,
    standard: ['EdDSA', 'ES256', 'PS256'],
    parse: (text) => {
      const names = text.split(',').map((name) => name.trim());
      if (names.every((name) => ALGORITHMS.some((one) => one === name))) return names;
      throw new Error(`expected a list of ${ALGORITHMS.join(', ')}, separated by commas`);
    },
  } satisfies Setting<readonly string[]>,
  JWKS_REFRESH_MS: integerSetting({
    description: 'How often the issuer’s keys are fetched anew',
    unit: 'milliseconds',
    standard: 300_000,
    least: 1_000,
    most: 86_400_000,
  }),
  JWKS_STALE_MS: integerSetting({
    description: 'How long the last keys hold while the issuer does not answer',
    unit: 'milliseconds',
    standard: 86_400_000,
    most: 2_592_000_000,
  }),
  TOKEN_MOST_MINUTES: integerSetting({
    description: 'Longest life of a token, from `iat` to `exp`',
    unit: 'minutes',
    standard: 60,
    least: 1,
    most: 1_440,
  }),
  TLS_CERT_FILE: textSetting({
    description: 'The hub’s own certificate, PEM; with TLS_KEY_FILE the hub speaks HTTPS',
    standard: '',
  }),
  TLS_KEY_FILE: textSetting({ description: 'Key of the hub’s own certificate, PEM', standard: '' }),
  TLS_CLIENT_CA_FILE: textSetting({
    description: 'Authority of client certificates, PEM: they are then asked for, and tokens may be bound to them',
    standard: '',
  }),
  BEHIND_PROXY: choiceSetting({
    description: 'Whether a proxy in front of the hub ends TLS and says where a request came from',
    choices: ['on', 'off'],
    standard: 'off',
  }),
  DEMO_ISSUER: choiceSetting({
    description: 'Whether `serve` takes the tokens of the demo’s issuer; accept only with HOST on loopback',
    choices: ['refuse', 'accept'],
    standard: 'refuse',
  }),
};
