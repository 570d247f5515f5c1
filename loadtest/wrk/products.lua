-- wrk script: a path for uniformly random products.
--   wrk -t1 -c64 -d10s -s loadtest/wrk/products.lua http://127.0.0.1:8080 -- PRODUCTS [PATH]
-- %d in the path is the product (default /reviews/%d/list?count=10). Answers other than 200 are counted and told at the end.

local products, path
local thread_number = 0
local threads = {}

function setup(thread)
  thread_number = thread_number + 1
  thread:set("number", thread_number)
  table.insert(threads, thread)
end

function init(arguments)
  products = tonumber(arguments[1] or "33333")
  path = arguments[2] or "/reviews/%d/list?count=10"
  wrong = 0
  math.randomseed(os.time() * 1000 + number)
end

function request()
  return wrk.format("GET", string.format(path, math.random(products)))
end

function response(status)
  if status ~= 200 then
    wrong = wrong + 1
  end
end

function done()
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get("wrong")
  end
  io.write(string.format("answers other than 200: %d\n", total))
end
