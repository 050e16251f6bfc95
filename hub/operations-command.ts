import { SettingsFault } from '../core/setting.ts';
import type { Command } from './own-commands.ts';

/** `node cli.ts operations …` */
export const runOperationsCommand: Command = async () => {
  throw new SettingsFault(['operations: this command is not built yet']);
};
