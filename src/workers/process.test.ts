import t from 'tap';
import { workerArgs } from './process.ts';

t.test('a worker gets the options of its parent, but not its program', async (t) => {
  const cases: Array<[given: string[], kept: string[]]> = [
    [
      ['--conditions=x', '--import', './a.js'],
      ['--conditions=x', '--import', './a.js'],
    ],
    [['-e', 'serve()'], []],
    [
      ['--conditions', 'x', '-pe', 'serve()', '--no-warnings'],
      ['--conditions', 'x', '--no-warnings'],
    ],
    [['-p', '-e', 'serve()'], []],
    [['--eval=serve()', '--input-type=module'], []],
    [['--eval', 'serve()', '--input-type', 'module'], []],
    [['--inspect-port', '9229', '--max-old-space-size=64'], ['--max-old-space-size=64']],
    [['--inspect-brk=0', '--watch', '--watch-path', 'src', '--test-only'], []],
    [
      ['-r', './a.js', '-C', 'x', '-c'],
      ['-r', './a.js', '-C', 'x'],
    ],
  ];
  for (const [given, kept] of cases) t.strictSame(workerArgs(given), kept, given.join(' '));
});
