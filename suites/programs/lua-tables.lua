-- Builds tables, strings and closures; the collector drops most of them.
local KEPT, STEPS = 2000, 90000

local function node(step)
  local list = { step, step * 2, step * 3 }
  for i = 1, step % 12 do
    list[#list + 1] = i
  end
  return {
    name = "node" .. step,
    list = list,
    text = ("x"):rep(step % 200),
    get = function() return list[1] end,
  }
end

local kept, sum = {}, 0
for step = 1, STEPS do
  local one = node(step)
  sum = sum + #one.list + #one.text + one.get() % 10
  kept[step * 7919 % KEPT + 1] = one
end
local names = {}
for i = 1, KEPT do
  names[i] = kept[i].name
end
table.sort(names)
print(sum, names[1], names[KEPT])
