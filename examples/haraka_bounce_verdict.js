'use strict'
// Haraka: plugins/bounce_verdict.js, and "bounce_verdict" in config/plugins. A deferred mail waits as long as the server asked for,
// and every recipient's verdict is logged.
const URL = process.env.BOUNCE_VERDICT || 'http://127.0.0.1:8000/v1/webhooks/haraka/SECRET'

async function judge (hook, hmail) {
  const rcpts = hmail.todo.rcpt_to.map(r => ({
    address: String(r), reason: r.reason, dsn_smtp_code: r.dsn_smtp_code, dsn_smtp_extc: r.dsn_smtp_extc,
    dsn_smtp_response: r.dsn_smtp_response, dsn_status: r.dsn_status, dsn_remote_mta: r.dsn_remote_mta }))
  const body = JSON.stringify({ hook, uuid: hmail.todo.uuid, timestamp: Date.now(), rcpts })
  const answer = await fetch(URL, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  return (await answer.json()).events.flatMap(event => event.recipients)
}

exports.hook_bounce = function (next, hmail) {
  judge('bounce', hmail).then(found => {
    for (const one of found) this.lognotice(`${one.suppress} ${one.recipient} ${one.verdict} ${one.reason}`)
  }).catch(error => this.logerror(error.message)).then(() => next())
}

exports.hook_deferred = function (next, hmail) {
  judge('deferred', hmail).then(found => {
    for (const one of found) this.lognotice(`${one.suppress} ${one.recipient} ${one.verdict} ${one.reason}`)
    const wait = Math.max(0, ...found.map(one => one.retry_after || 0))
    return wait ? next(DENYSOFT, wait) : next()
  }).catch(error => { this.logerror(error.message); next() })
}
