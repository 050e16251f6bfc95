/**
 * The one table of errors. A code says who failed (client, hub, source), whether asking again may help, and what to do.
 * `docs/errors.md` is made from it and a test holds the two equal; the gateway puts code, sector and retryable into
 * `extensions`. Whatever has no code here is masked as INTERNAL on the way out and logged with its cause.
 */

export interface ErrorKind {
  /** Who has to act: the client that asked, the hub itself, or a sector's system. */
  readonly failed: 'client' | 'hub' | 'source';
  /** Whether the same question may succeed later without being changed. */
  readonly retryable: boolean;
  /** What a Vietnamese officer reads. */
  readonly title: string;
  /** What happened, for a developer. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

export const ERRORS = {
  SOURCE_UNAVAILABLE: {
    failed: 'source',
    retryable: true,
    title: 'Hệ thống chuyên ngành không phản hồi',
    meaning: 'The system of the sector could not be reached, refused to answer, or is being rested after failures.',
    remedy: 'Ask again later; `sectors` shows the state of every system.',
  },
  SOURCE_TIMEOUT: {
    failed: 'source',
    retryable: true,
    title: 'Hệ thống chuyên ngành trả lời quá chậm',
    meaning: 'The system of the sector did not finish its answer before the deadline.',
    remedy: 'Ask again, or ask for less; the deadline is the setting SECTOR_<FOLDER>_TIMEOUT_MS.',
  },
  SOURCE_MALFORMED: {
    failed: 'source',
    retryable: false,
    title: 'Hệ thống chuyên ngành trả dữ liệu sai định dạng',
    meaning: 'The system of the sector answered something that its declaration does not allow; `field` names what.',
    remedy: 'Tell the sector engineer: either the system changed or the declaration in sectors/<folder> is wrong.',
  },
  INDEX_STALE: {
    failed: 'source',
    retryable: true,
    title: 'Dữ liệu hồ sơ của hệ thống chuyên ngành chưa được cập nhật kịp',
    meaning: 'The index of dossiers is further behind this system than INDEX_STALE_MS, or never held all it has.',
    remedy: 'Ask again later; `sectors { changes { currentUntil failing { code } } }` shows how far each has come.',
  },
  SEARCH_TOO_BROAD: {
    failed: 'client',
    retryable: false,
    title: 'Điều kiện tìm kiếm quá rộng',
    meaning: 'A system holds more matches than one search may bring; what is listed is not all there is.',
    remedy: 'Give more of the name, or the year of birth.',
  },
  BUDGET_EXCEEDED: {
    failed: 'client',
    retryable: false,
    title: 'Câu hỏi cần quá nhiều lượt gọi hệ thống chuyên ngành',
    meaning: 'Answering would take more calls to the sectors’ systems than one operation may make.',
    remedy: 'Ask for fewer records or fewer fields at once.',
  },
  IDENTIFIERS_INCOMPLETE: {
    failed: 'source',
    retryable: true,
    title: 'Chưa xác định đủ số định danh của công dân',
    meaning: 'A system that may know further numbers of this person did not answer, so a list could miss something.',
    remedy: 'Ask again later; fields that need no further number are answered.',
  },
  AMBIGUOUS: {
    failed: 'client',
    retryable: false,
    title: 'Có nhiều kết quả cho điều chỉ ứng với một',
    meaning: 'What was asked belongs to several: two people held the nine-digit number, or several records match.',
    remedy: 'Ask by the twelve-digit number, search by name and year of birth, or give the further arguments.',
  },
  NUMBER_MISSING: {
    failed: 'source',
    retryable: false,
    title: 'Có người khớp tên nhưng hệ thống không ghi số giấy tờ',
    meaning: 'A system holds matching people without a personal number; they cannot be told apart or listed.',
    remedy: 'Look the person up in that system itself and have the number added there.',
  },
  BAD_USER_INPUT: {
    failed: 'client',
    retryable: false,
    title: 'Dữ liệu nhập không hợp lệ',
    meaning: 'An argument or variable does not have the form the API asks for; the message says what was expected.',
    remedy: 'Correct the argument.',
  },
  UNAUTHENTICATED: {
    failed: 'client',
    retryable: false,
    title: 'Chưa đăng nhập',
    meaning: 'Nobody, or nobody who could be checked, stands behind the request.',
    remedy: 'Sign in and send the token.',
  },
  FORBIDDEN: {
    failed: 'client',
    retryable: false,
    title: 'Không có quyền xem',
    meaning: 'The caller holds no grant for what was asked, or is not at work on whom it is about.',
    remedy: 'Work within the visit or dossier it belongs to; for a grant, ask the hub’s operator.',
  },
  PURPOSE_REQUIRED: {
    failed: 'client',
    retryable: false,
    title: 'Thiếu mục đích khai thác dữ liệu cá nhân',
    meaning: 'Personal data or the access log was asked for without saying why, or without what makes it believable.',
    remedy: 'Send X-Purpose, with X-Visit at a counter or X-Dossier at work on a dossier; for the log AUDIT or SELF.',
  },
  VISIT_OVER: {
    failed: 'client',
    retryable: false,
    title: 'Lượt tiếp dân đã kết thúc',
    meaning: 'The visit has ended, is somebody else’s, or never was.',
    remedy: 'Open a visit and send its id in X-Visit.',
  },
  VISIT_FULL: {
    failed: 'client',
    retryable: false,
    title: 'Lượt tiếp dân đã đủ số người được tra cứu',
    meaning: 'As many people and records were asked for in this visit as one visit may ask for.',
    remedy: 'Go on with those already asked for, or open a visit for the next person.',
  },
  TOO_MANY_VISITS: {
    failed: 'client',
    retryable: true,
    title: 'Quá nhiều lượt tiếp dân',
    meaning: 'The officer has as many visits open, or has opened as many today, as one officer may.',
    remedy: 'Close or bind a visit that is over; the limits are the settings VISITS_AT_ONCE and VISITS_PER_DAY.',
  },
  TOO_MANY_REQUESTS: {
    failed: 'client',
    retryable: true,
    title: 'Quá nhiều yêu cầu trong thời gian ngắn',
    meaning: 'The client asks more often, or more at once, than it may; or its address failed too often to sign in.',
    remedy: 'Wait as long as Retry-After says.',
  },
  TOO_COSTLY: {
    failed: 'client',
    retryable: false,
    title: 'Câu truy vấn quá lớn',
    meaning: 'What the operation may bring, by its lists and fields, is more than MAX_COST; the message says how much.',
    remedy: 'Ask for smaller pages, or for fewer fields at once.',
  },
  OPERATION_NOT_REGISTERED: {
    failed: 'client',
    retryable: false,
    title: 'Thao tác chưa được đăng ký',
    meaning: 'Only registered operations are taken of this client, or no operation is registered under this id.',
    remedy: 'Send the documentId of a registered operation; the hub’s operator registers them.',
  },
  GRAPHQL_PARSE_FAILED: {
    failed: 'client',
    retryable: false,
    title: 'Câu truy vấn sai cú pháp',
    meaning:
      'The text of the operation is not GraphQL, or it has more words and signs than MAX_QUERY_TOKENS: the message says which.',
    remedy: 'Correct the operation, whose line and column the message names; or ask for less in one.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    failed: 'client',
    retryable: false,
    title: 'Câu truy vấn không hợp với lược đồ',
    meaning:
      'The operation asks for something the schema does not have, or is beyond a limit of its form: the message says which.',
    remedy: 'Compare the operation with the schema; or ask for less in one.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    failed: 'client',
    retryable: false,
    title: 'Không rõ thao tác cần chạy',
    meaning: 'The document holds several operations and none, or an unknown one, was named.',
    remedy: 'Send operationName.',
  },
  BAD_REQUEST: {
    failed: 'client',
    retryable: false,
    title: 'Yêu cầu không hợp lệ',
    meaning: 'The HTTP request is not a GraphQL request; the message says what was expected.',
    remedy: 'POST a JSON body with `query`, as the GraphQL-over-HTTP specification says.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    failed: 'client',
    retryable: false,
    title: 'Không nhận câu truy vấn chỉ có mã băm',
    meaning: 'The operation is named by a hash that a client made up. Such clients know this code, and send the text.',
    remedy: 'Send `query`, or the documentId of a registered operation; turn persisted queries off in the client.',
  },
  STORE_UNAVAILABLE: {
    failed: 'hub',
    retryable: true,
    title: 'Kho dữ liệu của trục liên thông không phản hồi',
    meaning: 'The hub’s own store, which holds the index of dossiers and the visits, could not be read or written.',
    remedy: 'Ask again later; the hub’s operator finds the cause in the log.',
  },
  AUDIT_UNAVAILABLE: {
    failed: 'hub',
    retryable: true,
    title: 'Không ghi được nhật ký truy cập',
    meaning:
      'The access log could not be written, and nothing personal leaves the hub unlogged: the whole answer is refused, without a path and with no data, what was not personal in it included.',
    remedy: 'Ask again later; the hub’s operator sees the state of the log at /readyz.',
  },
  KEYS_UNAVAILABLE: {
    failed: 'hub',
    retryable: true,
    title: 'Chưa có khóa để kiểm tra phiên đăng nhập',
    meaning: 'The hub has no key of the issuer that holds still: it does not answer, or never published one.',
    remedy: 'Ask again later; the hub’s operator sees the state of the keys at /readyz.',
  },
  SUBSCRIBER_TOO_SLOW: {
    failed: 'client',
    retryable: true,
    title: 'Thuê bao nhận thông báo quá chậm',
    meaning: 'More events came than the subscriber read in time, so it was cut off; none is kept for it.',
    remedy: 'Subscribe again with `after`, the id of the last event received; ask for less, or read faster.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    failed: 'client',
    retryable: true,
    title: 'Quá nhiều thuê bao cùng lúc',
    meaning:
      'The connection, the person or the hub already has as many subscriptions as it takes; or the person or the hub as many WebSocket connections.',
    remedy:
      'End a subscription, or close a connection, first; the limits are the settings SUBSCRIPTIONS_PER_CONNECTION, SUBSCRIPTIONS_PER_PERSON and SUBSCRIPTIONS, the last two of connections as well.',
  },
  OPERATION_TIMEOUT: {
    failed: 'hub',
    retryable: true,
    title: 'Câu hỏi mất quá nhiều thời gian',
    meaning: 'The operation did not end within its deadline, though its sources had been told to stop.',
    remedy: 'Ask again, or ask for less; the deadline is the setting OPERATION_TIMEOUT_MS.',
  },
  INTERNAL: {
    failed: 'hub',
    retryable: false,
    title: 'Lỗi của trục liên thông',
    meaning: 'The hub failed in a way it did not foresee. Nothing of the cause is shown; the log holds it.',
    remedy: 'Tell the hub’s operator the request id.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface HubErrorOptions {
  /** The folder of the sector whose system failed. */
  readonly sector?: string | undefined;
  /** The field of the source that was wrong, in the source's own name. */
  readonly field?: string | undefined;
  /** Overrides the table where a single case differs, such as a refusal that will not pass by itself. */
  readonly retryable?: boolean | undefined;
  /** Milliseconds a failing system asked us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Id of the last event that a subscriber got: where it may go on. */
  readonly after?: string | null | undefined;
  /** For the log only: never leaves the hub. */
  readonly cause?: unknown;
}

/** An error that may be shown: its message holds no personal data, no address, no SQL. The cause is for the log. */
export class HubError extends Error {
  readonly code: ErrorCode;
  readonly sector: string | undefined;
  readonly field: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly after: string | null;

  constructor(code: ErrorCode, message: string, options: HubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HubError';
    this.code = code;
    this.sector = options.sector;
    this.field = options.field;
    this.retryable = options.retryable ?? ERRORS[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.after = options.after ?? null;
  }

  /** The same failure, told with the sector it belongs to. A connector knows its protocol, not its sector. */
  inSector(sector: string): HubError {
    if (this.sector !== undefined) return this;
    const { code, message, field, retryable, retryAfterMs, after, cause } = this;
    const named = new HubError(code, `${sector}: ${message}`, { sector, field, retryable, retryAfterMs, after, cause });
    if (this.stack !== undefined) named.stack = this.stack;
    return named;
  }
}

/** What goes into a GraphQL error's `extensions`. */
export function extensionsOf(error: HubError): Record<string, unknown> {
  const { code, sector, field, retryable, after } = error;
  return {
    code,
    ...(sector !== undefined && { sector }),
    ...(field !== undefined && { field }),
    retryable,
    ...(after !== null && { after }),
  };
}
