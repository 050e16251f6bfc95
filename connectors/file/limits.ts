/** What a file of a drop may hold at most, whatever its format. */
export const MAX_COLUMNS = 1_000;
/** Longest value, in characters. */
export const MAX_VALUE = 100_000;

/** Records of a file that are kept once it was judged, so that it is not read again; with more, memory would grow. */
export const KEPT = { records: 2_000, text: 2_000_000 };

/** What a workbook may hold at most besides: a few bytes of it can stand for any number of cells and texts. */
export interface WorkbookLimits {
  /** Of the file. */
  readonly bytes: number;
  /** Of all its parts together. */
  readonly unpackedBytes: number;
  /** Last row that may be named, and most rows. */
  readonly rows: number;
  /** Rows times columns, empty ones counted. */
  readonly cells: number;
  /** Characters of one row. */
  readonly rowText: number;
  /** Characters of all cells: a text that many cells share is there once, but what reads the cells has it each time. */
  readonly text: number;
  /** Objects of the thread that reads it, in megabytes. */
  readonly heapMb: number;
  /** What that thread may compute, in milliseconds of a processor: it may wait for one without being at fault. */
  readonly computingMs: number;
  /** What goes from there to the hub at once: enough to be quick, little enough that the hub does other things too. */
  readonly part: { readonly rows: number; readonly cells: number; readonly text: number };
}

/** A sheet is unpacked and read in one go, so it may not be as large as text files. Its rows are those Excel has. */
export const WORKBOOK: WorkbookLimits = {
  bytes: 32 * 1024 * 1024,
  unpackedBytes: 256 * 1024 * 1024,
  rows: 1_048_576,
  cells: 32_000_000,
  rowText: 1_000_000,
  text: 128 * 1024 * 1024,
  heapMb: 768,
  computingMs: 300_000,
  part: { rows: 1_000, cells: 50_000, text: 1_000_000 },
};
