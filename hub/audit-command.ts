import { SettingsFault } from '../core/setting.ts';
import type { Command } from './own-commands.ts';

/** `node cli.ts audit …` */
export const runAuditCommand: Command = async () => {
  throw new SettingsFault(['audit: this command is not built yet']);
};
