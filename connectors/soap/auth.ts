import { createHash, randomBytes } from 'node:crypto';
import { type SettingsSpec, textSetting } from '../../core/setting.ts';
import { nameOf, type SettingName, type SettingValues, textOf } from '../setting-name.ts';
import type { XmlNamespaces, XmlTree } from '../xml/xml.ts';

/** How the hub shows a service who it is; the service's own header elements are the declaration's matter. */
export interface SoapAuth {
  readonly settings: SettingsSpec;
  /** Namespaces that `header` names elements in. */
  readonly namespaces: XmlNamespaces;
  /** HTTP headers of every call. */
  readonly http: (settings: SettingValues) => Readonly<Record<string, string>>;
  /** Elements of the envelope's header. */
  readonly header: (settings: SettingValues) => XmlTree;
}

export interface SoapCredentials {
  readonly username: SettingName;
  readonly password: SettingName;
}

/** HTTP Basic. */
export function basic(credentials: SoapCredentials): SoapAuth {
  return {
    settings: credentialSettings(credentials),
    namespaces: {},
    http: (settings) => {
      const { username, password } = read(credentials, settings);
      return { authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}` };
    },
    header: () => ({}),
  };
}

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
const MESSAGE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0';

/** WS-Security UsernameToken 1.0, with the password as text or, where the service knows it in clear, as a digest. */
export function usernameToken(options: SoapCredentials & { readonly digest?: boolean }): SoapAuth {
  return {
    settings: credentialSettings(options),
    namespaces: {
      wsse: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
      wsu: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
    },
    http: () => ({}),
    header: (settings) => {
      const { username, password } = read(options, settings);
      const proof = options.digest === true ? digestOf(password) : textProof(password);
      return {
        'wsse:Security': {
          '@soap:mustUnderstand': '1',
          'wsse:UsernameToken': { 'wsse:Username': username, ...proof },
        },
      };
    },
  };
}

function textProof(password: string): XmlTree {
  return { 'wsse:Password': { '@Type': `${PROFILE}#PasswordText`, '.': password } };
}

function digestOf(password: string): XmlTree {
  const nonce = randomBytes(16);
  const created = new Date().toISOString();
  // The profile prescribes SHA-1.
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return {
    'wsse:Password': { '@Type': `${PROFILE}#PasswordDigest`, '.': digest },
    'wsse:Nonce': { '@EncodingType': `${MESSAGE}#Base64Binary`, '.': nonce.toString('base64') },
    'wsu:Created': created,
  };
}

function read({ username, password }: SoapCredentials, settings: SettingValues) {
  return { username: textOf(settings, nameOf(username)), password: textOf(settings, nameOf(password)) };
}

function credentialSettings({ username, password }: SoapCredentials): SettingsSpec {
  const spec = (setting: SettingName, description: string, secret: boolean) =>
    textSetting({ description, secret, ...(typeof setting === 'string' ? {} : setting) });
  return {
    [nameOf(username)]: spec(username, 'Account the service gave to the hub', false),
    [nameOf(password)]: spec(password, 'Password of that account', true),
  };
}
