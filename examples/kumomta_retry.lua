-- KumoMTA: a 4xx that will not pass is not tried again, a 5xx that will pass is (event since 2023.11.28).
local SERVICE = 'http://127.0.0.1:8000/v1/classify/reply'

kumo.on('smtp_client_rewrite_delivery_status', function(response)
  local request = kumo.http.build_client({}):post(SERVICE)
  request:header('Content-Type', 'application/json')
  request:body(kumo.serde.json_encode { reply = response })
  local answered, answer = pcall(function() return request:send() end)
  if not answered or answer:status_code() ~= 200 then return nil end
  local found = kumo.serde.json_parse(answer:text())
  if found.verdict == 'permanent' then return 500 end
  if found.verdict == 'retry' then return 400 end
  return nil
end)
