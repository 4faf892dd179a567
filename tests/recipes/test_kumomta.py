"""The KumoMTA hook, run by Lua: KumoMTA itself is in neither Debian nor PyPI, so `kumo` is what its reference says, over curl."""

from pathlib import Path

import pytest

from bounce_verdict.settings import Settings
from tests.recipes.running import EXAMPLES, Serve, program, run

KUMO = r"""
local hooks = {}
kumo = { on = function(name, hook) hooks[name] = hook end, http = {}, serde = {} }
function kumo.serde.json_encode(value) return '{"reply": "' .. value.reply:gsub('"', '\\"') .. '"}' end
function kumo.serde.json_parse(text) return { verdict = text:match('"verdict":"(%a+)"') } end
function kumo.http.build_client()
  return { post = function(_, url)
    local request = {}
    function request:header(name, value) self.headers = "-H '" .. name .. ': ' .. value .. "'" end
    function request:body(text) self.given = text end
    function request:send()
      url = url:gsub('http://127.0.0.1:8000', os.getenv('SERVICE'))
      local file = os.tmpname()
      local out = io.open(file, 'w'); out:write(self.given); out:close()
      local pipe = io.popen('curl -s -w "\n%{http_code}" ' .. self.headers .. ' --data-binary @' .. file .. ' ' .. url)
      local body, code = pipe:read('a'):match('^(.*)\n(%d+)$')
      pipe:close(); os.remove(file)
      if code == '000' then error('no answer') end
      return { status_code = function() return tonumber(code) end, text = function() return body end }
    end
    return request
  end }
end
dofile(arg[1])
print(hooks['smtp_client_rewrite_delivery_status'](arg[2], 'example.org'))
"""


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.7.1 You have been greylisted, please try again later", "400"),
        ("550 5.1.1 <ana@example.org>: user unknown", "500"),
        ("554 5.7.1 message looks like spam", "nil"),
        ("452 4.2.2 mailbox full", "nil"),
    ],
)
def test_the_hook_answers_by_the_verdict(server: str, tmp_path: Path, reply: str, code: str) -> None:
    assert _hook(server, tmp_path, reply) == code


def test_the_hook_changes_nothing_without_the_service(serve: Serve, tmp_path: Path) -> None:
    with serve(Settings()) as gone:
        pass
    assert _hook(gone, tmp_path, "550 5.1.1 user unknown") == "nil"


def _hook(service: str, folder: Path, reply: str) -> str:
    lua = program("lua5.4", "Debian has it")
    program("curl", "Debian has it")
    harness = folder / "kumo.lua"
    harness.write_text(KUMO, encoding="utf-8")
    return run(lua, harness, EXAMPLES / "kumomta_retry.lua", reply, variables={"SERVICE": service}).strip()
