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

interface OwnCommand {
  readonly run: Command;
  /** How it is called. */
  readonly usage: string;
}

const OWN_COMMANDS: Readonly<Record<string, OwnCommand>> = {
  access: {
    run: runAccessCommand,
    usage: `  npx node cli.ts access [FILE]
      check a file of grants, the one of ACCESS_FILE where none is named, and print who may see what`,
  },
  audit: {
    run: runAuditCommand,
    usage: `  npx node cli.ts audit verify [--heads DIR] [--from DAY] [--to DAY] [--every-signature] [--new-subject-key DAY]
      check the access log, against the signed heads in DIR; it ends with 0 where the log is whole and proven,
      1 where it is broken, 2 where it could not be read, 3 where it is whole and unproven in part
  npx node cli.ts audit export --file FILE [--from DAY] [--to DAY] [--heads-only]
      take its entries, or its signed heads alone, out into a new file
  npx node cli.ts audit retain
      remove the days that are older than AUDIT_RETENTION_DAYS
  npx node cli.ts audit keys
      print the public keys that signed it
  npx node cli.ts audit index
      make what finds its entries anew
  npx node cli.ts audit new-subject-key
      go on with the key that is in AUDIT_SUBJECT_KEY_FILE now

DAY is a day in Việt Nam, such as 2026-11-23, and is included.`,
  },
  operations: {
    run: runOperationsCommand,
    usage: `  npx node cli.ts operations register DIR --to FILE
      write down the operations in the *.graphql files of a folder, for OPERATIONS_FILE`,
  },
};
const HELP: readonly string[] = ['--help', '-h'];

/** @returns null for what is no command of these */
export function ownCommand(name: string): Command | null {
  const own = Object.hasOwn(OWN_COMMANDS, name) ? OWN_COMMANDS[name] : undefined;
  if (own === undefined) return null;
  return async (options) => {
    if (!options.args.some((one) => HELP.includes(one))) return own.run(options);
    options.tell(own.usage);
    return 0;
  };
}
