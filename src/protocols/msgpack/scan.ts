/**
 * Walks a MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md) before a decoder sees it, without
 * recursion and without allocating: a limit on bytes alone bounds neither the stack nor the memory that they turn into.
 */
import type { Buffer } from 'node:buffer';
import { ProtocolError } from '../../errors.ts';

export interface ScanLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
}

/** '__proto__' */
const PROTO = [0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f] as const;
/** The one extension allowed: timestamp (-1), in its three lengths. */
const TIMESTAMP = 0xff;
/** How far a Date goes from 1970 (ECMA-262, 21.4.1.1). */
const MOST_SECONDS = 8.64e12;

export class Scanner {
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Values still due in each open container, from the outermost; a map's keys count too. */
  readonly due: Int32Array;
  /** 1 where that container is a map: there an even number due means that a key is next. */
  readonly isMap: Uint8Array;

  constructor(limits: ScanLimits) {
    this.maxDepth = limits.maxDepth;
    this.maxNodes = limits.maxNodes;
    this.due = new Int32Array(limits.maxDepth + 1);
    this.isMap = new Uint8Array(limits.maxDepth + 1);
  }

  /**
   * Exactly one value fills `[from, to)`.
   * @throws ProtocolError
   */
  scan(buffer: Buffer, from: number, to: number): void {
    const { due, isMap } = this;
    let at = from;
    let depth = 0;
    /** Values due in all open containers: each takes a byte at least. */
    let dueInAll = 1;
    let nodes = 0;
    due[0] = 1;
    isMap[0] = 0;
    for (;;) {
      if (at >= to) throw malformed('ends inside a value');
      const token = buffer[at];
      const key = isMap[depth] === 1 && (due[depth] & 1) === 0;
      nodes += 1;
      dueInAll -= 1;
      due[depth] -= 1;
      let inside = -1;
      let map = 0;
      if (token < 0x80 || token >= 0xe0) {
        at += 1;
      } else if (token >= 0xa0 && token < 0xc0) {
        at += 1 + (token & 0x1f);
        if (key && token === 0xa9) refuseProto(buffer, at - 9, to);
      } else if (token < 0x90) {
        at += 1;
        inside = (token & 0x0f) * 2;
        map = 1;
      } else if (token < 0xa0) {
        at += 1;
        inside = token & 0x0f;
      } else if (token >= 0xdc && token <= 0xdf) {
        const wide = (token & 1) === 1;
        inside = wide ? uint32(buffer, at + 1) : uint16(buffer, at + 1);
        at += wide ? 5 : 3;
        map = token >= 0xde ? 1 : 0;
        if (map === 1) inside *= 2;
      } else {
        const length = scalarBytes(buffer, at, to, token);
        if (key) {
          if (token >= 0xd9 && token <= 0xdb) {
            const header = token === 0xd9 ? 2 : token === 0xda ? 3 : 5;
            if (length - header === 9) refuseProto(buffer, at + header, to);
          } else if (token < 0xcc || token > 0xd3) {
            throw malformed('has a map key that is neither text nor a whole number');
          }
        }
        at += length;
      }
      // What was read past the end is not a number, or too great: neither is less.
      if (!(at <= to)) throw malformed('ends inside a value');
      if (inside !== -1) {
        if (key) throw malformed('has a map key that is neither text nor a whole number');
        dueInAll += inside;
        if (!(dueInAll <= to - at)) {
          throw malformed(`announces ${dueInAll} values, where ${to - at} bytes are left`);
        }
        if (nodes + dueInAll > this.maxNodes) throw this.#tooFull(nodes + dueInAll);
        if (inside > 0) {
          depth += 1;
          if (depth > this.maxDepth) throw this.#tooDeep();
          due[depth] = inside;
          isMap[depth] = map;
        }
      }
      while (due[depth] === 0 && depth > 0) depth -= 1;
      if (dueInAll === 0) break;
    }
    if (at !== to) throw malformed(`is followed by ${to - at} bytes in its frame`);
  }

  #tooDeep(): ProtocolError {
    return new ProtocolError(
      'TOO_DEEP',
      `A MessagePack message nests deeper than the limit of ${this.maxDepth}.`,
    );
  }

  #tooFull(nodes: number): ProtocolError {
    return new ProtocolError(
      'TOO_LARGE',
      `A MessagePack message holds ${nodes} values or more; the limit is ${this.maxNodes}.`,
    );
  }
}

/** The bytes of a value that is no container, its token included. */
function scalarBytes(buffer: Buffer, at: number, to: number, token: number): number {
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return 1;
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return 2;
    case 0xcd: // 16 bits
    case 0xd1:
      return 3;
    case 0xca: // 32 bits
    case 0xce:
    case 0xd2:
      return 5;
    case 0xcb: // 64 bits
    case 0xcf:
    case 0xd3:
      return 9;
    case 0xc4: // bin
    case 0xd9: // str
      return 2 + buffer[at + 1];
    case 0xc5:
    case 0xda:
      return 3 + uint16(buffer, at + 1);
    case 0xc6:
    case 0xdb:
      return 5 + uint32(buffer, at + 1);
    case 0xd6: // fixext 4
    case 0xd7: // fixext 8
      if (at + 1 >= to) return Infinity;
      if (buffer[at + 1] !== TIMESTAMP) break;
      if (token === 0xd6) return 6;
      if (at + 10 <= to) checkTimestamp(uint32(buffer, at + 2) >>> 2, 0);
      return 10;
    case 0xc7: // ext 8
      if (at + 2 >= to) return Infinity;
      if (buffer[at + 1] !== 12 || buffer[at + 2] !== TIMESTAMP) break;
      if (at + 15 <= to) {
        const seconds = (uint32(buffer, at + 7) | 0) * 2 ** 32 + uint32(buffer, at + 11);
        checkTimestamp(uint32(buffer, at + 3), seconds);
      }
      return 15;
    case 0xc1:
      throw malformed('has the byte 0xc1, which is never used');
    default:
  }
  throw malformed('has an extension; timestamps in 4, 8 or 12 bytes are the only ones taken');
}

/** Else a Date would be invalid, or another one than was sent. */
function checkTimestamp(nanoseconds: number, seconds: number): void {
  if (nanoseconds > 999_999_999 || Math.abs(seconds + nanoseconds / 1e9) > MOST_SECONDS) {
    throw malformed('has a timestamp that is none, or beyond what a Date holds');
  }
}

function refuseProto(buffer: Buffer, at: number, to: number): void {
  if (at + PROTO.length > to) return; // it ends inside a value
  for (let i = 0; i < PROTO.length; i += 1) if (buffer[at + i] !== PROTO[i]) return;
  throw malformed('has a map with the key "__proto__"');
}

function uint16(buffer: Buffer, at: number): number {
  return buffer[at] * 0x100 + buffer[at + 1];
}

function uint32(buffer: Buffer, at: number): number {
  return (
    buffer[at] * 0x1000000 + buffer[at + 1] * 0x10000 + buffer[at + 2] * 0x100 + buffer[at + 3]
  );
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('MALFORMED', `A MessagePack message ${what}.`);
}
