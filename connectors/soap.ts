import type { Caller } from '../core/caller.ts';
import type { EntityDeclaration, SourceDeclaration } from '../core/declaration.ts';
import { type SettingsSpec, urlSetting } from '../core/setting.ts';
import { nameOf, type SettingName, type SettingValues } from './setting-name.ts';
import { basic, type SoapAuth, usernameToken } from './soap/auth.ts';
import type { WsdlPlace } from './soap/description.ts';
import { checkEntity, type SoapEntity } from './soap/entity.ts';
import { namespacesOf, openSoap } from './soap/source.ts';
import type { SoapVersion } from './soap/wsdl.ts';
import type { TextEncodingName } from './text/encodings.ts';
import { scopeOf, type XmlNamespaces, type XmlTree } from './xml/xml.ts';

export type { SoapAuth } from './soap/auth.ts';
export type { Judgement, SoapEntity, SoapLookup } from './soap/entity.ts';
export type { XmlNode, XmlTree } from './xml/xml.ts';

/** One service that speaks SOAP. */
export interface SoapOptions {
  /** Setting that holds the service's address. */
  readonly url: SettingName;
  /** Standard: 1.1. */
  readonly version?: SoapVersion | undefined;
  /**
   * Where the service describes itself; from there come the path, the SOAP actions, the element that asks, and the
   * namespaces of all elements that the description knows. Standard: the declaration says all of it.
   */
  readonly wsdl?: WsdlPlace | undefined;
  /** Namespace of names without a prefix, in trees and paths. Standard: none. */
  readonly namespace?: string | undefined;
  /** Prefix under which that namespace is written; some services look for it. */
  readonly prefix?: string | undefined;
  /** Further prefixes. `soap` is always the envelope's, `none` no namespace. */
  readonly namespaces?: XmlNamespaces | undefined;
  /** Elements of the envelope's header, such as the service's own sign-in. */
  readonly header?: ((settings: SettingValues, caller: Caller) => XmlTree) | undefined;
  readonly auth?: SoapAuth | undefined;
  /** Further settings that `header` and bodies read. */
  readonly settings?: SettingsSpec | undefined;
  /** Encoding of answers, where what they say of it is wrong. */
  readonly encoding?: TextEncodingName | undefined;
  /** Largest answer, in bytes. Standard: 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Most connections. Standard: as many as calls at a time, and two for checking. */
  readonly connections?: number | undefined;
}

export interface SoapSource extends SourceDeclaration {
  /** @throws Error for a specification that cannot be */
  entity(spec: SoapEntity): EntityDeclaration<SoapEntity>;
}

/**
 * Declares a service. Nothing is opened; each of its entities says how it is asked and where in the answer its records
 * stand.
 *
 * @example
 * const population = soap({
 *   url: 'SOAP_URL',
 *   namespace: 'http://www.mic.gov.vn/dancu/1.0', prefix: 'qldc', namespaces: { dan: 'http://dancuquocgia.bca' },
 *   header: (settings) => ({ 'dan:XacThuc': { 'dan:TaiKhoan': `${settings.SOAP_USERNAME}` } }),
 * });
 * population.entity({
 *   type: 'PopulationRecord', identity: ['personalNumber'], fields: { … },
 *   lookups: { byStatement: {
 *     batchSize: 1,
 *     operation: 'TraCuuThongTinCongDan',
 *     soapAction: 'http://www.mic.gov.vn/dancu/1.0/TraCuuThongTinCongDan',
 *     body: ([key], caller) => ({ MaYeuCau: caller.requestId, SoDinhDanh: key }),
 *     rows: 'CongdanCollection/CongDan',
 *   } },
 * });
 */
function declareSoap(options: SoapOptions): SoapSource {
  const { namespace, namespaces = {}, wsdl, auth, settings } = options;
  if (namespace === undefined && wsdl === undefined) throw new Error('soap: give a namespace, or a wsdl that has it');
  for (const reserved of ['soap', 'none']) {
    if (Object.hasOwn(namespaces, reserved)) throw new Error(`soap: the prefix ${reserved} is taken`);
  }
  const scope = scopeOf(namespacesOf(options));
  const url = typeof options.url === 'string' ? {} : options.url;
  const source: SoapSource = {
    protocol: 'soap',
    settings: {
      [nameOf(options.url)]: urlSetting({
        description: 'Where the service answers',
        protocols: ['http', 'https'],
        ...url,
      }),
      ...auth?.settings,
      ...settings,
    },
    capabilities: (entities) => ({
      protocol: 'soap',
      search: false,
      batchSizes: Object.fromEntries(
        Object.entries(entities).flatMap(([name, { lookups }]) =>
          Object.entries(lookups).map(([lookup, { batchSize }]) => [`${name}.${lookup}`, batchSize]),
        ),
      ),
    }),
    open: (context) => openSoap(context, options),
    entity: (spec) => {
      checkEntity(spec, scope);
      const { type, identity, fields } = spec;
      const lookups = Object.fromEntries(
        Object.entries(spec.lookups).map(([name, { batchSize, limitPerKey, ...binding }]) => [
          name,
          { batchSize, limitPerKey, binding },
        ]),
      );
      return { source, type, identity, fields, lookups, binding: spec };
    },
  };
  return source;
}

export const soap = Object.assign(declareSoap, { basic, usernameToken });
