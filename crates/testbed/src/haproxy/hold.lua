-- Holds a request until a server of its backend is up, as Fly's proxy does. HAProxy by itself would answer 503 at once.

local LOOK_MS = 100
local LONGEST_MS = 60000

core.register_action("hold", { "http-req" }, function(_, backend)
  for _ = 0, LONGEST_MS, LOOK_MS do
    for _, server in pairs(core.backends[backend].servers) do
      if string.sub(server:get_stats().status, 1, 2) == "UP" then
        return
      end
    end
    core.msleep(LOOK_MS)
  end
end, 1)
