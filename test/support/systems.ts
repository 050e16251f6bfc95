import { settingsPrefix } from '../../hub/sectors.ts';
import { start as startBusiness } from '../../sectors/business-registration/stand-in/index.ts';
import { start as startCivilStatus } from '../../sectors/civil-status/stand-in/index.ts';
import { start as startLand } from '../../sectors/land/stand-in/index.ts';
import { start as startOneStop } from '../../sectors/one-stop/stand-in/index.ts';

/** The stand-ins of all four sectors over a province's data, and the settings that lead a hub to them. */
export async function startSystems(directory: string) {
  const systems = {
    'one-stop': await startOneStop({ directory }),
    land: await startLand({ directory }),
    'civil-status': await startCivilStatus({ directory }),
    'business-registration': await startBusiness({ directory }),
  };
  const settings = Object.entries(systems).flatMap(([id, system]) =>
    Object.entries(system.settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
  );
  return { systems, environment: Object.fromEntries(settings) as Readonly<Record<string, string>> };
}
