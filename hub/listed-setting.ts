import { isIP } from 'node:net';
import { type Setting, shownOf } from '../core/setting.ts';
import { listed } from './listed.ts';

/** Labels of letters, digits and dashes; an underscore as in names of networks of containers. */
const NAME = /^(?!-)[a-z\d_-]{1,63}(\.(?!-)[a-z\d_-]{1,63})*\.?$/;

type ListOptions = Omit<Setting<string>, 'parse' | 'standard'>;

/** Origins of pages as a browser says them, separated by commas: another way of writing one would let nobody in. */
export function originsSetting(options: ListOptions): Setting<string> {
  return listSetting(options, {
    expected: 'origins, each a scheme and a name without anything behind them, such as https://motcua.example',
    meantBy: originOf,
  });
}

/** Names as `Host` says them, without scheme and port, separated by commas. */
export function namesSetting(options: ListOptions): Setting<string> {
  return listSetting(options, {
    expected: 'names without scheme, port and path, such as lienthong.example',
    meantBy: nameOf,
    isSame: (entry, name) => entry.toLowerCase() === name,
  });
}

interface Entries {
  readonly expected: string;
  /** How an entry is to be written; null where nobody can tell what was meant. */
  readonly meantBy: (entry: string) => string | null;
  readonly isSame?: (entry: string, meant: string) => boolean;
}

function listSetting(options: ListOptions, { expected, meantBy, isSame = Object.is }: Entries): Setting<string> {
  return {
    ...options,
    standard: '',
    parse: (text) => {
      const entries = listed(text);
      const wrong = entries.find((entry) => !isSame(entry, meantBy(entry) ?? ''));
      if (wrong === undefined && entries.length > 0) return text;
      const meant = wrong === undefined ? null : meantBy(wrong);
      const instead =
        wrong === undefined
          ? ''
          : meant === null
            ? `; ${shownOf(wrong)} is none`
            : `; write ${shownOf(meant)} for ${shownOf(wrong)}`;
      throw new Error(`expected ${expected}, several separated by commas${instead}`);
    },
  };
}

function originOf(entry: string): string | null {
  const text = entry.includes('://') ? entry : `https://${entry}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || !isHost(bare(url.hostname))) return null;
  return url.origin;
}

function nameOf(entry: string): string | null {
  const host = isIP(entry) === 6 ? `[${entry}]` : entry;
  const text = host.includes('://') ? host : `http://${host}`;
  if (!URL.canParse(text)) return null;
  const name = bare(new URL(text).hostname);
  return isHost(name) ? name : null;
}

/** Without the brackets that an address of IPv6 has within a URL. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isHost(name: string): boolean {
  return isIP(name) !== 0 || NAME.test(name);
}
