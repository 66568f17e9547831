-- Sends a request where Fly's proxy would: to the one machine that it names, or to any that is known; with none, it waits.

local LOOK_MS = 20
local LONGEST_MS = 60000

-- By their ids: what the backend calls the server, and where it listens.
local machines = {}
local known = 0
-- Kept when a machine is forgotten: it still answers what it has begun.
local names = {}
-- Requests that wait, each by a table of its own, which is held by the request alone: one whose caller has gone is ended in
-- its sleep and can take nothing back; only its table goes with it.
local waiting = setmetatable({}, { __mode = "k" })

local function forget(id)
  if machines[id] then
    machines[id] = nil
    known = known - 1
  end
end

core.register_cli({ "fly", "knows" }, "", function(_, _, _, id, server, address, port)
  forget(id)
  machines[id] = { address = address, port = tonumber(port) }
  names[server] = id
  known = known + 1
end)

core.register_cli({ "fly", "forgets" }, "", function(_, _, _, id)
  forget(id)
end)

local function count_waiting()
  if next(waiting) then
    collectgarbage()
  end
  local count = 0
  for _ in pairs(waiting) do
    count = count + 1
  end
  return count
end

core.register_cli({ "fly", "look" }, "", function(applet)
  local lines = { "waiting " .. count_waiting() }
  for server, _ in pairs(names) do
    lines[#lines + 1] = server .. " " .. core.backends["machines"].servers[server]:get_stats().scur
  end
  applet:send(table.concat(lines, "\n") .. "\n")
end)

core.register_converters("machine", function(server)
  return names[server] or ""
end)

core.register_action("route", { "http-req" }, function(txn)
  local wanted = txn.http:req_get_headers()["fly-force-instance-id"]
  if wanted then
    local machine = machines[wanted[0]]
    if machine then
      txn:set_var("txn.machine", wanted[0])
      txn:set_var("txn.address", machine.address)
      txn:set_var("txn.port", machine.port)
    else
      txn:set_var("txn.nobody", true)
    end
    return
  end
  if known > 0 then
    return
  end
  local request = {}
  waiting[request] = true
  for _ = 0, LONGEST_MS, LOOK_MS do
    if known > 0 then
      break
    end
    core.msleep(LOOK_MS)
  end
  waiting[request] = nil
end)
