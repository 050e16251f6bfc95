import type { SettingsSpec } from '../core/setting.ts';
import { findSectors, sectorSettings, settingsPrefix } from './sectors.ts';
import { hubSettings } from './settings.ts';

/** Every setting there is, a line each: the hub's own first, then each sector's. */
export async function describeSettings(...directories: readonly string[]): Promise<string> {
  const found = await findSectors(directories, []);
  const lines = [...describe(hubSettings, '')];
  for (const { id, declaration } of found) lines.push('', ...describe(sectorSettings(declaration), settingsPrefix(id)));
  return `${lines.join('\n')}\n`;
}

function describe(spec: SettingsSpec, prefix: string): readonly string[] {
  return Object.entries(spec).map(([name, { description, unit, standard, secret }]) => {
    const shown = standard === undefined ? 'required' : standard === '' ? 'empty' : secret ? 'set' : String(standard);
    return `${prefix}${name}  (${shown}${unit === undefined ? '' : ` ${unit}`})  ${description}`;
  });
}
