import { type SettingsSpec, textSetting } from '../../core/setting.ts';
import { nameOf, type SettingName, type SettingValues, textOf } from '../setting-name.ts';
import { compilePath } from './paths.ts';
import type { RestRequest } from './request.ts';

/** How the hub shows a system who it is. */
export interface RestAuth {
  readonly settings: SettingsSpec;
  /** Puts the token into a request. Throws for a request that has no room for it. */
  readonly place: (request: RestRequest, token: string) => RestRequest;
  /** The token itself, or how to ask for one. */
  readonly grant: (settings: SettingValues) => Grant;
  /** Whether an answer of HTTP 200 says that the token is unknown or has expired; status 401 always says so. */
  readonly expired?: ((answer: unknown) => boolean) | undefined;
}

export type Grant = { readonly token: string } | { readonly signIn: SignIn };

interface SignIn {
  readonly request: RestRequest;
  /** @returns undefined where the answer holds no token: the system refused the credentials */
  readonly read: (answer: unknown) => { readonly token: string; readonly lifetimeMs?: number } | undefined;
}

/** A token that never changes, sent as `Authorization: Bearer`. */
export function bearer(options: { token: SettingName }): RestAuth {
  const token = nameOf(options.token);
  return {
    settings: declared([options.token, 'Token the system gave to the hub', true]),
    place: placeBearer,
    grant: (settings) => ({ token: textOf(settings, token) }),
  };
}

export interface SessionOptions {
  readonly path: string;
  /** Settings that `body` reads. */
  readonly credentials: readonly SettingName[];
  readonly body: (settings: SettingValues) => Readonly<Record<string, unknown>>;
  /** Path of the token in the answer. */
  readonly token: string;
  /** Name of the member of the JSON body, or of the header, that carries the token. */
  readonly place: { readonly body: string } | { readonly header: string };
  readonly expired?: ((answer: unknown) => boolean) | undefined;
}

/** Signing in with a JSON body, for a session that later requests carry along. */
export function session(options: SessionOptions): RestAuth {
  const { path, credentials, body, place, expired } = options;
  const readToken = compilePath(options.token);
  return {
    settings: declared(...credentials.map((name): Declared => [name, 'For signing in to the system', true])),
    expired,
    place: 'body' in place ? placeInBody(place.body) : placeInHeader(place.header),
    grant: (settings) => ({
      signIn: {
        request: { method: 'POST', path, body: body(settings) },
        read: (answer) => {
          const token = readToken(answer);
          return typeof token === 'string' && token !== '' ? { token } : undefined;
        },
      },
    }),
  };
}

export interface PasswordOptions {
  readonly path: string;
  readonly clientId?: SettingName | undefined;
  readonly clientSecret?: SettingName | undefined;
  readonly username: SettingName;
  readonly password: SettingName;
}

/** OAuth 2.0, resource owner's password: what iLIS and the civil status system take. */
export function oauth2Password(options: PasswordOptions): RestAuth {
  const { path, clientId, clientSecret, username, password } = options;
  return {
    settings: declared(
      ...(clientId === undefined
        ? []
        : [[clientId, 'OAuth client the hub is to the system', false] satisfies Declared]),
      ...(clientSecret === undefined ? [] : [[clientSecret, 'Secret of that OAuth client', true] satisfies Declared]),
      [username, 'Account of the hub at the system', false],
      [password, 'Password of that account', true],
    ),
    place: placeBearer,
    grant: (settings) => ({
      signIn: {
        request: {
          method: 'POST',
          path,
          form: {
            grant_type: 'password',
            ...(clientId !== undefined && { client_id: textOf(settings, nameOf(clientId)) }),
            ...(clientSecret !== undefined && { client_secret: textOf(settings, nameOf(clientSecret)) }),
            username: textOf(settings, nameOf(username)),
            password: textOf(settings, nameOf(password)),
          },
        },
        read: readOauthToken,
      },
    }),
  };
}

export interface ClientCredentialsOptions {
  readonly path: string;
  readonly clientId: SettingName;
  readonly clientSecret: SettingName;
}

/** OAuth 2.0, client credentials in the Authorization header: what NDXP-like gateways take. */
export function clientCredentials(options: ClientCredentialsOptions): RestAuth {
  const { path, clientId, clientSecret } = options;
  return {
    settings: declared(
      [clientId, 'Consumer key of the hub at the system', false],
      [clientSecret, 'Secret of that consumer key', true],
    ),
    place: placeBearer,
    grant: (settings) => {
      const pair = `${textOf(settings, nameOf(clientId))}:${textOf(settings, nameOf(clientSecret))}`;
      return {
        signIn: {
          request: {
            method: 'POST',
            path,
            form: { grant_type: 'client_credentials' },
            headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
          },
          read: readOauthToken,
        },
      };
    },
  };
}

function readOauthToken(answer: unknown): { token: string; lifetimeMs?: number } | undefined {
  if (answer === null || typeof answer !== 'object') return undefined;
  const { access_token: token, expires_in: seconds } = answer as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || token === '') return undefined;
  const lifetimeMs = Number(seconds) * 1000;
  return lifetimeMs > 0 ? { token, lifetimeMs } : { token };
}

function placeBearer(request: RestRequest, token: string): RestRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

function placeInHeader(name: string): RestAuth['place'] {
  return (request, token) => ({ ...request, headers: { ...request.headers, [name]: token } });
}

function placeInBody(name: string): RestAuth['place'] {
  return (request, token) => {
    if (request.form !== undefined) return { ...request, form: { ...request.form, [name]: token } };
    if (request.body === undefined) {
      throw new Error(`the session travels in the body as ${name}, so every request needs a body or a form`);
    }
    return { ...request, body: { [name]: token, ...request.body } };
  };
}

type Declared = readonly [name: SettingName, description: string, secret: boolean];

function declared(...settings: readonly Declared[]): SettingsSpec {
  return Object.fromEntries(
    settings.map(([name, description, secret]) => {
      const given = typeof name === 'string' ? { name } : name;
      return [given.name, textSetting({ description, secret, ...given })];
    }),
  );
}
