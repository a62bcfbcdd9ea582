/** wrk and h2load run clean against every mode. Their figures are looked at by nobody here. */
import { against, CONNECTIONS, file, run, TIMEOUT_SECONDS } from './support.ts';

const small = file('small', 'abc');
const pipelined = file(
  'pipelined.lua',
  `init = function()
     local all = {}
     for i = 1, 16 do all[i] = wrk.format("GET", "/") end
     burst = table.concat(all)
   end
   request = function() return burst end`,
);
const mixed = file(
  'mixed.lua',
  `init = function()
     all = {
       wrk.format("GET", "/"),
       wrk.format("POST", "/echo", nil, string.rep("y", 1024)),
       wrk.format("GET", "/stream/3"),
     }
     i = 0
   end
   request = function() i = i % 3 + 1 return all[i] end`,
);

/** It knows no number of requests: on a busy machine a second may be too short for the first answer. */
const SECONDS = [1, 5, 30];

against('wrk', 0, async (t, url) => {
  const wrk = async (what: string, script: string) => {
    let answered = 0;
    for (const seconds of SECONDS) {
      const times = [`-d${seconds}s`, '--timeout', `${TIMEOUT_SECONDS}s`];
      const args = ['-t1', `-c${CONNECTIONS}`, ...times, '-s', script, `${url}/`];
      const { code, out, err } = await run('wrk', args);
      t.equal(code, 0, `${what} ${err}`);
      t.notMatch(out, /Socket errors|Non-2xx/, `${what}: what is answered is answered well`);
      answered = Number(/(\d+) requests in/.exec(out)?.[1]);
      if (answered > 0) break;
    }
    t.ok(answered > 0, `${what}: some are answered`);
  };
  await Promise.all([wrk('16 pipelined', pipelined), wrk('GET, POST and streams', mixed)]);
});

against('h2load', 0, async (t, url) => {
  const h2load = async (what: string, requests: number, path: string, ...args: string[]) => {
    const counts = ['-n', String(requests), '-c', String(CONNECTIONS)];
    const times = ['-T', String(TIMEOUT_SECONDS), '-N', String(TIMEOUT_SECONDS)];
    const all = ['--h1', ...counts, ...times, ...args, `${url}${path}`];
    const { code, out, err } = await run('h2load', all);
    t.equal(code, 0, `${what} ${err}`);
    t.match(out, `${requests} succeeded, 0 failed, 0 errored, 0 timeout`, what);
    t.match(out, `status codes: ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`, what);
  };
  await h2load('one after the other', 400, '/');
  await h2load('8 pipelined', 400, '/', '-m8');
  await h2load('posts', 200, '/echo', '-d', small);
  await h2load('streams', 100, '/stream/3');
});
