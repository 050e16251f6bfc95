import { HubError } from '../core/errors.ts';

/** A setting by its name, or with a standard for systems whose credentials are public, such as a stand-in's. */
export type SettingName = string | { readonly name: string; readonly standard?: string; readonly description?: string };

/** Values of the sector's settings, by name. */
export type SettingValues = Readonly<Record<string, unknown>>;

export function nameOf(setting: SettingName): string {
  return typeof setting === 'string' ? setting : setting.name;
}

export function textOf(settings: SettingValues, name: string): string {
  const value = settings[name];
  if (typeof value !== 'string') throw new HubError('INTERNAL', `the setting ${name} is not set`);
  return value;
}
