/** Every area of the table. */
import type { Area } from './case.ts';
import { chunked } from './chunked.ts';
import { connection } from './connection.ts';
import { fields } from './fields.ts';
import { framing } from './framing.ts';
import { limits } from './limits.ts';
import { requestLine } from './request-line.ts';

export { TIGHT, type Case } from './case.ts';
export const AREAS: readonly Area[] = [requestLine, fields, framing, chunked, connection, limits];
