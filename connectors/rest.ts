import type { EntityDeclaration, SourceDeclaration } from '../core/declaration.ts';
import { type SettingsSpec, urlSetting } from '../core/setting.ts';
import { bearer, clientCredentials, oauth2Password, type RestAuth, session } from './rest/auth.ts';
import { checkEntity } from './rest/check.ts';
import type { RestEntity } from './rest/entity.ts';
import { openRest, type RestTraits } from './rest/source.ts';
import { nameOf, type SettingName } from './setting-name.ts';

/** One system that speaks JSON over HTTP. */
export interface RestOptions extends RestTraits {
  /** Setting that holds the base URL. */
  readonly url: SettingName;
  /** How the hub shows who it is. Standard: not at all. */
  readonly auth?: RestAuth | undefined;
  /** Further settings that requests read. */
  readonly settings?: SettingsSpec | undefined;
}

export interface RestSource extends SourceDeclaration {
  /** @throws Error for a specification that cannot be, such as one that puts personal numbers into addresses */
  entity(spec: RestEntity): EntityDeclaration<RestEntity>;
}

/**
 * Declares a system. Nothing is opened; each of its entities says how it is asked and where in the answer its records
 * stand.
 *
 * @example
 * const business = rest({ url: 'REST_URL', auth: rest.bearer({ token: 'STATIC_TOKEN' }) });
 * business.entity({
 *   type: 'Business', identity: ['code'], fields: { … },
 *   lookups: { byCode: {
 *     batchSize: 20,
 *     request: (codes) => ({ method: 'POST', path: '/dkkd/doanh-nghiep', body: { MaSoDoanhNghiep: codes } }),
 *     rows: 'Data',
 *     keys: ['MainInformation.ENTERPRISE_CODE'],
 *   } },
 * });
 */
function declareRest(options: RestOptions): RestSource {
  const { auth, settings } = options;
  const url = typeof options.url === 'string' ? { name: options.url } : options.url;
  const source: RestSource = {
    protocol: 'rest',
    settings: {
      [url.name]: urlSetting({ description: 'Where the system answers', protocols: ['http', 'https'], ...url }),
      ...auth?.settings,
      ...settings,
    },
    capabilities: (entities) => ({
      protocol: 'rest',
      search: Object.values(entities).some((entity) => entity.searchable === true),
      batchSizes: Object.fromEntries(
        Object.entries(entities).flatMap(([name, { lookups }]) =>
          Object.entries(lookups).map(([lookup, { batchSize }]) => [`${name}.${lookup}`, batchSize]),
        ),
      ),
    }),
    open: (context) => openRest(context, { ...options, url: nameOf(options.url) }),
    entity: (spec) => {
      checkEntity(spec, auth);
      const { type, identity, fields, search, changes } = spec;
      const lookups = Object.fromEntries(
        Object.entries(spec.lookups).map(([name, { batchSize, limitPerKey, ...binding }]) => [
          name,
          { batchSize, limitPerKey, binding },
        ]),
      );
      return {
        source,
        type,
        identity,
        fields,
        lookups,
        searchable: search !== undefined,
        listsChanges: changes !== undefined,
        binding: spec,
      };
    },
  };
  return source;
}

export const rest = Object.assign(declareRest, { bearer, session, oauth2Password, clientCredentials });
