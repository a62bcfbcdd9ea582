/** Why a WebSocket closes (RFC 6455, 7.4). */
export const CloseStatus = {
  NORMAL: 1000,
  /** The server stops, or the page is left. */
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  /** Never sent: a Close came without a status. */
  NONE: 1005,
  /** Never sent: the connection ended without a Close. */
  ABNORMAL: 1006,
  /** Text that is not UTF-8, or compressed data that do not decompress. */
  INVALID_DATA: 1007,
  POLICY: 1008,
  TOO_BIG: 1009,
  /** The handler threw. */
  INTERNAL_ERROR: 1011,
} as const;

/** Bytes of a Close's text at most: a control frame has 125, and the status takes two. */
export const CLOSE_TEXT_LIMIT_BYTES = 123;

/** Whether an endpoint may send it: the registered ones but 1004, 1005, 1006 and 1015, and 3000 to 4999 (7.4.1, 7.4.2). */
export function isSendable(status: number): boolean {
  if (status >= 3000) return status <= 4999;
  if (status < 1000 || status > 1014) return false;
  return status !== 1004 && status !== CloseStatus.NONE && status !== CloseStatus.ABNORMAL;
}
