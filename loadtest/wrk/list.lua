-- wrk script: lists of uniformly random products.
--   wrk -t1 -c64 -d10s -s loadtest/wrk/list.lua http://127.0.0.1:8080 -- PRODUCTS [COUNT] [SORT]
-- Answers other than 200 are counted and told at the end.

local products, count, sort
local thread_number = 0
local threads = {}

function setup(thread)
  thread_number = thread_number + 1
  thread:set("number", thread_number)
  table.insert(threads, thread)
end

function init(arguments)
  products = tonumber(arguments[1] or "33333")
  count = arguments[2] or "10"
  sort = arguments[3] or "relevant"
  wrong = 0
  math.randomseed(os.time() * 1000 + number)
end

function request()
  return wrk.format("GET", "/reviews/" .. math.random(products) .. "/list?count=" .. count .. "&sort=" .. sort)
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
