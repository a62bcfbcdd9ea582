/**
 * Where mode `native` hears a client otherwise than our own HTTP: uWebSockets.js parses, and nothing of it can be set.
 * By the names of the cases in test/http/cases; each `what` is a row of native-notes/uwebsockets.md.
 */
export interface Difference {
  readonly what: string;
  readonly cases: RegExp;
  /** The statuses that come instead; undefined: none comes for a while, and the case is not waited for. */
  readonly statuses?: readonly number[];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'HTTP/1.0',
    cases: /HTTP\/1\.0/,
    statuses: [505],
  },
  {
    what: 'absolute and asterisk form',
    cases: /absolute form|asterisk form|Host beside absolute|^request line: refuses \* with/,
    statuses: [505],
  },
  {
    what: 'empty lines in front',
    cases: /empty lines? (in front|behind)|bare CR in front/,
  },
  {
    what: 'a request line that is none',
    cases:
      /^request line: refuses (a bare|a space|CONNECT|two spaces|a tab|an empty target|no |a relative|authority|\*|another scheme|a scheme|a port|user|a target with "\\(u0000|t)"|HTTP\/1\.1 (in|behind)|HTTP\/1\.$|HTTP\/2's|HTTPS|a version of|a comma|a TLS|CR|a byte order|a method that is no)/,
    statuses: [505, 501],
  },
  {
    what: 'trailer sections',
    cases:
      /^chunked: (takes (trailers|a trailer)|refuses (.* as a trailer|a folded trailer|a trailer|too))/,
    statuses: [505, 200],
  },
  {
    what: 'chunk lines',
    cases:
      /^chunked: (takes extensions|takes a last chunk|refuses (a size|an empty size|a blank|a bare|CR X|data|an extension|a chunk|chunks of|a tab))/,
  },
  {
    what: 'empty framing headers',
    cases: /^framing: refuses (a Content-Length of ""|an empty Transfer-Encoding)/,
    statuses: [200],
  },
  {
    what: 'tabs and bytes beyond ASCII around a value',
    cases:
      /^framing: refuses (chunked with a blank byte|a Content-Length of "²"|.*\\t)|takes bytes beyond ASCII/,
    statuses: [200],
  },
  {
    what: 'lengths of many digits',
    cases: /^framing: refuses a Content-Length (past 2\^64|of many digits)/,
    statuses: [400],
  },
  {
    what: 'the Host',
    cases: /^fields: refuses the Host/,
    statuses: [200],
  },
  {
    what: 'names and values of headers',
    cases: /^fields: refuses (an empty name|DEL)/,
    statuses: [200],
  },
  {
    what: 'a bare CR in a value',
    cases: /^fields: refuses (a bare CR|CR CR)/,
  },
  {
    what: 'requests behind the last one',
    cases: /^connection: takes (Connection: .*nothing behind|close on the second)/,
    statuses: [200],
  },
  {
    what: 'limits of a head',
    cases: /^limits: (refuses a (target without|header name without)|takes 100 header)/,
    statuses: [431, 400],
  },
];

/** The same for the cases of test/websocket/cases.ts. */
export interface WebSocketDifference {
  readonly what: string;
  readonly cases: RegExp;
  /** The head that comes instead. */
  readonly head?: RegExp;
  /** The frames that come instead; before a cut they may be fewer. */
  readonly frames?: readonly string[];
  /** The connection ends without a Close. */
  readonly cut?: boolean;
  /** It waits for more. */
  readonly waits?: boolean;
}

export const WEBSOCKET_DIFFERENCES: readonly WebSocketDifference[] = [
  { what: 'HTTP/1.0', cases: /HTTP\/1\.0/, head: /^HTTP\/1\.1 505 / },
  {
    what: 'deflate',
    cases: /^RFC 7692, 7\.1$/,
    head: /^HTTP\/1\.1 101 [^]*\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n/,
  },
  {
    what: 'deflate',
    cases: /^RFC 7692, 7\.1\.2\.1$/,
    head: /^HTTP\/1\.1 101 (?![^]*Extensions)/,
  },
  {
    what: "the peer's Close, while replies are due",
    cases: /^5\.5\.1: the peer closes$/,
    frames: ['<8 4000 why>'],
  },
  {
    what: "the peer's Close, while replies are due",
    cases: /^7\.1\.2: we close: replies due/,
    frames: ['<8 4001 >'],
  },
  {
    what: 'a peer that breaks the protocol',
    cases: /^8\.1: |^a message past the limit$/,
    cut: true,
  },
  {
    what: 'a frame without a mask',
    cases: /^5\.1: a frame without a mask$/,
    frames: ['a'],
    waits: true,
  },
];
