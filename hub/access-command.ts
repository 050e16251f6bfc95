import { SettingsFault } from '../core/setting.ts';
import type { Command } from './own-commands.ts';

/** `node cli.ts access …` */
export const runAccessCommand: Command = async () => {
  throw new SettingsFault(['access: this command is not built yet']);
};
