import type { ChangesDeclaration } from '../core/changes.ts';
import { SettingsFault } from '../core/setting.ts';
import { findSectors } from './sectors.ts';

/**
 * The statements that let a system's database note its changes: run once by a person who may.
 *
 * @throws SettingsFault for a sector that is not there, or that notes nothing
 */
export async function describeTriggers(
  directories: readonly string[],
  sector: string | undefined,
  dialect: string = 'mysql',
): Promise<string> {
  if (dialect !== 'mysql' && dialect !== 'sqlite') throw new SettingsFault(['triggers: expected mysql or sqlite']);
  const found = await findSectors(directories, []);
  const declaration = found.find(({ id }) => id === sector)?.declaration;
  const noting = found.filter(({ declaration: { dossiers } }) => scriptsOf(dossiers?.changes).length > 0);
  const scripts = scriptsOf(declaration?.dossiers?.changes);
  if (scripts.length === 0) {
    const which = noting.length === 0 ? 'no sector does' : `these do: ${noting.map(({ id }) => id).join(', ')}`;
    throw new SettingsFault([`triggers: expected a sector whose changes are noted by triggers; ${which}`]);
  }
  return scripts.map((script) => script(dialect)).join('\n');
}

function scriptsOf(changes: Readonly<Record<string, ChangesDeclaration>> = {}) {
  return Object.values(changes).flatMap((way) => ('script' in way && way.script !== undefined ? [way.script] : []));
}
