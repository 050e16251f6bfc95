import { parseArgs } from 'node:util';
import { SettingsFault } from '../core/setting.ts';
import { startOfVietnamDate } from '../core/time.ts';

export type AuditCommandOptions = ReturnType<typeof parsed>;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What stands behind `audit` and the name of what is done. @throws SettingsFault */
export function auditOptionsOf(args: readonly string[]): AuditCommandOptions {
  const options = withWords(() => parsed(args));
  const { from, to } = options;
  for (const name of ['from', 'to', 'new-subject-key'] as const) {
    const wrong = [options[name] ?? []].flat().find((day) => !isDay(day));
    if (wrong !== undefined) throw fault(`--${name}: expected a day as yyyy-mm-dd, came ${JSON.stringify(wrong)}`);
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw fault(`--from: expected a day that is not after --to, came ${from} and ${to}`);
  }
  return options;
}

function parsed(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      heads: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      file: { type: 'string' },
      'new-subject-key': { type: 'string', multiple: true, default: [] },
      'every-signature': { type: 'boolean', default: false },
      'heads-only': { type: 'boolean', default: false },
    },
  });
  return values;
}

function withWords<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw fault(error instanceof Error ? error.message : 'unknown option');
  }
}

/** One that is in the calendar. */
function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  try {
    startOfVietnamDate(text);
    return true;
  } catch {
    return false;
  }
}

function fault(text: string): SettingsFault {
  return new SettingsFault([`audit: ${text}`]);
}
