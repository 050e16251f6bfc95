import { ERRORS, type ErrorKind } from '../core/errors.ts';

const OPENING = `# Errors

Made from \`core/errors.ts\` by \`npm run --silent errors > docs/errors.md\`; a test holds the two equal.

A failure costs its own field: the field is null, everything else arrives, and \`errors\` names the failure with its
\`path\` and these \`extensions\`:

| field | type | meaning |
|---|---|---|
| \`code\` | text | One of the codes below. |
| \`sector\` | text, where a sector's system failed | Folder name of the sector, as in \`sectors { id }\`. |
| \`field\` | text, with \`SOURCE_MALFORMED\` | The field that was wrong, in the source's own name. |
| \`retryable\` | true or false | Whether the same question may succeed later without being changed. |

An error without a \`path\` is of the whole request, and nothing of it is answered: what is no valid operation, a visit or
dossier stated as its purpose (\`X-Visit\`, \`X-Dossier\`) that does not hold, and an answer that cannot be logged (\`AUDIT_UNAVAILABLE\`).

What an operation may be is limited, and each limit has its code; the message says what is taken at most. Fields within fields
(MAX_DEPTH), aliases (MAX_ALIASES), directives (MAX_DIRECTIVES), fields of the root (MAX_ROOT_FIELDS), fields in one place and
the length of the operation's name are checked with the schema: \`GRAPHQL_VALIDATION_FAILED\`. Where aliases, directives or fields are
too many, nothing else is looked at: the error may stand there several times, and \`Too many validation errors, error limit reached\`
behind it, which has the same code and says no more. Words and signs (MAX_QUERY_TOKENS) are counted before anything is understood: \`GRAPHQL_PARSE_FAILED\`.
Lists and weights multiplied (MAX_COST) are \`TOO_COSTLY\`, calls to the systems \`BUDGET_EXCEEDED\`, a body that is too large
(MAX_BODY_BYTES) \`BAD_REQUEST\`, and asking too often \`TOO_MANY_REQUESTS\`. [security.md](security.md#limits) has the numbers.

A list over several systems names what it lacks in \`missing { sector code retryable }\`, with the same codes. A single
case may differ from the table in whether asking again helps; what the answer says holds. No message holds personal
data, an address or a query to a source: what lies behind a failure is in the hub's log, under the request id.`;

const WHO: Readonly<Record<ErrorKind['failed'], string>> = {
  client: 'whoever asked',
  hub: 'the hub',
  source: "a sector's system",
};

/** The table of errors as Markdown, in the table's order: an overview first, then a section a code. */
export function describeErrors(errors: Readonly<Record<string, ErrorKind>> = ERRORS): string {
  const kinds = Object.entries(errors);
  const overview = [
    '| code | who failed | ask again? | title |',
    '|---|---|---|---|',
    ...kinds.map(([code, { failed, retryable, title }]) => {
      return `| [\`${code}\`](#${code.toLowerCase()}) | ${WHO[failed]} | ${retryable ? 'yes' : 'no'} | ${cell(title)} |`;
    }),
  ].join('\n');
  const sections = kinds.map(([code, { title, meaning, remedy }]) => {
    return `## ${code}\n\n*${title}.* ${meaning}\n\n**What to do:** ${remedy}`;
  });
  return `${[OPENING, overview, ...sections].join('\n\n')}\n`;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
