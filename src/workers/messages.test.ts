import t from 'tap';
import { HandlerError, ModeError } from '../errors.ts';
import { packError, reviveError } from './messages.ts';
import { unpack } from './supervisor.ts';

t.test('an error crosses as plain data, and is an Error again', async (t) => {
  const error = Object.assign(new RangeError('too far'), { code: 'E_FAR' });
  const packed = structuredClone(packError(error));
  t.match(packed, { name: 'RangeError', message: 'too far', code: 'E_FAR' });
  const revived = reviveError(packed);
  t.ok(revived instanceof Error);
  t.match(revived, { name: 'RangeError', message: 'too far', code: 'E_FAR', stack: error.stack });
  t.match(packError('just text'), { name: 'Error', message: 'just text' });
  t.match(packError(undefined), { message: 'undefined' });
  t.match(packError(Object.assign(new Error('x'), { code: 3 })), { code: undefined });
});

t.test('errors of ours are of their class again', async (t) => {
  const mode = unpack(packError(new ModeError('Mode x cannot.', ['single', 'pooled'])));
  t.ok(mode instanceof ModeError);
  t.match(mode, {
    message: 'Mode x cannot. Modes that can: single, pooled.',
    modes: ['single', 'pooled'],
  });
  const handler = unpack(packError(new HandlerError('none')));
  t.ok(handler instanceof HandlerError);
  t.equal(handler.message, 'none');
  const other = unpack(packError(new TypeError('odd')));
  t.ok(other instanceof HandlerError);
  t.equal(other.message, 'A worker failed at start: TypeError: odd');
});
