-- What wrk asks, and how it reports: PIPELINE BODY_BYTES behind `--`.

local requests

function init(args)
  local pipeline, bytes = tonumber(args[1]), tonumber(args[2])
  if bytes > 0 then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/octet-stream"
    wrk.body = string.rep("x", bytes)
  end
  requests = string.rep(wrk.format(), pipeline)
end

function request()
  return requests
end

function done(summary)
  local e = summary.errors
  io.write(string.format('\n{"messages":%d,"seconds":%.6f,"errors":%d}\n', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
