import { describe, expect, it } from 'vitest';
import { readSettings } from '../../core/setting.ts';
import { accessSettings } from '../../hub/access-settings.ts';

type Name = 'CORS_ORIGINS' | 'PUBLIC_NAMES';

/** What is read, or the only fault. */
function read(name: Name, text: string): string {
  const faults: string[] = [];
  const values = readSettings(accessSettings, { [name]: text }, faults);
  return faults.length > 0 ? faults.join('\n') : values[name];
}

describe('Origins that may ask', () => {
  it.each([
    '',
    'https://motcua.example',
    'http://localhost:3000, https://motcua.example:8443 ,http://[::1]:3000,http://127.0.0.1',
    'https://xn--mt-79s.example,',
  ])('are taken as they are: %j', (text) => {
    expect(read('CORS_ORIGINS', text)).toBe(text);
  });

  it.each([
    ['motcua.example', 'https://motcua.example'],
    ['null', 'https://null'],
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/path', 'https://a.example'],
    ['https://a.example:443', 'https://a.example'],
    ['HTTPS://A.example', 'https://a.example'],
    ['https://một.example', 'https://xn--mt-79s.example'],
  ])('are refused with what to write where a browser says another: %s', (entry, meant) => {
    expect(read('CORS_ORIGINS', `https://b.example, ${entry}`)).toBe(
      `CORS_ORIGINS: expected origins, each a scheme and a name without anything behind them, such as https://motcua.example, several separated by commas; write "${meant}" for "${entry}"; came "https://b.example, ${entry}"`,
    );
  });

  it.each(['*', 'https://*.example', 'https://a b', 'file:///a', 'ftp://a.example', 'https://-a.example'])(
    'are refused where no page has one: %s',
    (entry) => {
      const fault = read('CORS_ORIGINS', entry);
      expect(fault).toContain(`commas; "${entry}" is none; came "${entry}"`);
    },
  );

  it('are no list of nothing', () => {
    expect(read('CORS_ORIGINS', ' , ')).toMatch(/separated by commas; came " , "$/);
  });

  it('are refused without the account in one', () => {
    const fault = read('CORS_ORIGINS', 'https://u:bimat@a.example');
    expect(fault).toContain('write "https://a.example" for "https://…@a.example"');
    expect(fault).not.toContain('bimat');
  });
});

describe('Names of the hub', () => {
  it.each(['', 'hub.example', 'localhost, HUB.example,10.0.0.7', 'fd00::7', 'lien_thong', 'hub.example.'])(
    'are taken as they are: %j',
    (text) => {
      expect(read('PUBLIC_NAMES', text)).toBe(text);
    },
  );

  it.each([
    ['https://hub.example', 'hub.example'],
    ['hub.example:4000', 'hub.example'],
    ['hub.example/graphql', 'hub.example'],
    ['[fd00::7]', 'fd00::7'],
    ['fd00:0::7', 'fd00::7'],
    ['một.example', 'xn--mt-79s.example'],
  ])('are refused with what to write where `Host` says another: %s', (entry, meant) => {
    expect(read('PUBLIC_NAMES', entry)).toBe(
      `PUBLIC_NAMES: expected names without scheme, port and path, such as lienthong.example, several separated by commas; write "${meant}" for "${entry}"; came "${entry}"`,
    );
  });

  it.each(['*', '*.example', 'https://a b', 'a b', '-hub.example', ' , '])(
    'are refused where nobody has one: %s',
    (entry) => {
      expect(read('PUBLIC_NAMES', entry)).toMatch(/^PUBLIC_NAMES: expected names .*separated by commas.*; came /);
    },
  );
});
