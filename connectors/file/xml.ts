import { HubError } from '../../core/errors.ts';
import type { Row } from '../../core/source.ts';
import { decodeBytes } from '../text/decode.ts';
import type { TextEncodingName } from '../text/encodings.ts';
import { encodingOf } from '../xml/bytes.ts';
import { openXmlReader } from '../xml/saxes.ts';
import { takeXml } from '../xml/take.ts';
import { compileXml, scopeOf, type XmlNamespaces } from '../xml/xml.ts';
import { type FileFormat, MAX_SEGMENT_BYTES, peek, segments } from './format.ts';

export interface XmlFileOptions {
  /** Path of the records' element from the document, such as `DanhSach/HoKinhDoanh`. Columns are paths from there. */
  readonly record: string;
  /** Namespaces of names in paths; '' is for names without a prefix. Standard: none. */
  readonly namespaces?: XmlNamespaces | undefined;
  /** Where what the document says of its encoding is wrong. */
  readonly encoding?: TextEncodingName | undefined;
}

/** Every mark-up ends with it, so no piece is cut inside a name or a letter. */
const TAG_END = 0x3e;

/** A document whose records are elements; read piece by piece. */
export function xml({ record, namespaces = {}, encoding }: XmlFileOptions): FileFormat {
  const scope = scopeOf(namespaces);
  const path = record.endsWith('[]') ? record : `${record}[]`;
  const depth = path.split('/').length;
  compileXml([path], scope);
  return {
    name: 'xml',
    checkColumns: (columns) => {
      compileXml({ [path]: columns }, scope);
    },
    async read({ chunks, wanted }, sink) {
      const parent = depth === 1 ? null : `${record.slice(0, record.lastIndexOf('/')).replaceAll('[]', '')}?`;
      const shape = compileXml({ [path]: wanted, ...(parent !== null && { [parent]: null }) }, scope);
      let line = 0;
      sink.columns(wanted);
      const taker = takeXml(shape, {
        onRecord: (row: Row | HubError) => {
          if (row instanceof HubError) sink.faulty(line, row.message);
          else
            sink.row(
              line,
              wanted.map((name) => row[name]),
            );
        },
      });
      let open = 0;
      const reader = openXmlReader({
        get listening() {
          return taker.listening;
        },
        open(uri, local, attributes) {
          open += 1;
          if (open === depth) line = reader.line;
          taker.open(uri, local, attributes);
        },
        text: (piece) => taker.text(piece),
        close() {
          open -= 1;
          taker.close();
        },
      });
      for await (const text of decoded(chunks(), encoding)) reader.write(text);
      reader.end();
      const whole = taker.result();
      if (parent !== null && whole[parent] !== true) {
        throw new HubError('SOURCE_MALFORMED', `expected ${record}, came another document`, { field: record });
      }
    },
  };
}

/** The XML declaration stands in the first bytes. */
const HEAD_BYTES = 200;

async function* decoded(chunks: AsyncIterable<Uint8Array>, declared: TextEncodingName | undefined) {
  const { head, all } = await peek(chunks, HEAD_BYTES);
  const encoding = encodingOf(head, { encoding: declared });
  try {
    for await (const piece of segments(all, TAG_END, encoding)) {
      const text = decodeBytes(piece, encoding);
      yield text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    const tagless = `has no tag in ${MAX_SEGMENT_BYTES} bytes`;
    const why = cause instanceof RangeError ? tagless : `is not in ${encoding}, as it is said to be`;
    throw new HubError('SOURCE_MALFORMED', `the XML ${why}`, { cause });
  }
}
