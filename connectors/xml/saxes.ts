import { SaxesParser } from 'saxes';
import { HubError } from '../../core/errors.ts';
import type { XmlEvents } from './take.ts';

/** Reads a document in pieces. The only importer of saxes. */
export interface XmlReader {
  write(piece: string): void;
  /** Refuses a document that has not ended. */
  end(): void;
  /** Line the reader stands on, from 1: for a tag that was just told, where it ends. */
  readonly line: number;
}

/**
 * A reader of well-formed XML with namespaces. A document type is refused whole: entities could unfold without bound or
 * name files.
 *
 * @throws HubError SOURCE_MALFORMED from write() and end(); the message names line and column only
 */
export function openXmlReader(events: XmlEvents): XmlReader {
  const parser = new SaxesParser({ xmlns: true });
  const refuse = (what: string) => {
    return new HubError('SOURCE_MALFORMED', `the XML ${what} (line ${parser.line}, column ${parser.column})`);
  };
  // The parser's own message quotes the document, which may hold personal data: it is not kept, not even as the cause.
  parser.on('error', () => {
    throw refuse('is not well-formed');
  });
  parser.on('doctype', () => {
    throw refuse('has a document type');
  });
  // Six handlers and no more: with a seventh, the engine keeps the parser's members in a dictionary, and reading takes
  // five times as long.
  let depth = 0;
  parser.on('opentag', ({ uri, local, attributes }) => {
    depth += 1;
    events.open(uri, local, Object.values(attributes));
  });
  // Blanks around the root are told as text too.
  parser.on('text', (text) => {
    if (depth > 0) events.text(text);
  });
  parser.on('cdata', (text) => events.text(text));
  parser.on('closetag', () => {
    depth -= 1;
    events.close();
  });
  return {
    write: (piece) => {
      parser.write(piece);
    },
    end: () => {
      parser.close();
    },
    get line() {
      return parser.line;
    },
  };
}
