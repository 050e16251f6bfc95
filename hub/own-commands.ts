import { runAccessCommand } from './access-command.ts';
import { runAuditCommand } from './audit-command.ts';
import { runOperationsCommand } from './operations-command.ts';

/** What a command is run with that reads its own arguments. */
export interface CommandOptions {
  /** What stands behind the command's name. */
  readonly args: readonly string[];
  /** The repository. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tell: (text: string) => void;
  /** For what an operator ought to know, besides what the command was asked for. */
  readonly warn: (text: string) => void;
}

/** Resolves with the exit code. */
export type Command = (options: CommandOptions) => Promise<number>;

const OWN_COMMANDS: Readonly<Record<string, Command>> = {
  access: runAccessCommand,
  audit: runAuditCommand,
  operations: runOperationsCommand,
};

/** @returns null for what is no command of these */
export function ownCommand(name: string): Command | null {
  return Object.hasOwn(OWN_COMMANDS, name) ? (OWN_COMMANDS[name] ?? null) : null;
}
